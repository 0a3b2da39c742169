using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>Reads what stands around each page of a model.</summary>
internal static class ModelFrames
{
    private const int PageSize = 100;

    /// <summary>The model of a page with the list of versions that its address names.</summary>
    public static async Task<ModelFrame> ReadFrame(this RegistryApi api, HttpContext page, RequestCaller caller, string model)
    {
        var found = (await api.Read<ModelView>(page, "get_model", new { model })).OrRefuse();
        var state = page.Request.Query["state"].ToString();
        var token = page.Request.Query["page_token"].ToString();
        var filter = QueryString.Create("page_size", PageSize.ToString(System.Globalization.CultureInfo.InvariantCulture));
        filter = state.Length == 0 ? filter : filter.Add("state", state);
        var versions = (await api.Read<Page<VersionView>>(
            page, "list_versions", new { model }, token.Length == 0 ? filter : filter.Add("page_token", token))).OrRefuse();
        return new ModelFrame(
            ConsoleUser.Of(caller),
            found,
            versions.Items,
            EnumNames<VersionState>.TryParse(state, out var known) ? known : null,
            versions.NextPageToken is { } next ? Address(next) : null,
            token.Length == 0 ? null : Address(null),
            Receipt.Take(page));

        string Address(string? next)
        {
            var query = state.Length == 0 ? QueryString.Empty : QueryString.Create("state", state);
            return page.Request.Path + (next is null ? query : query.Add("page_token", next));
        }
    }
}
