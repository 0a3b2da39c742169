using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>Reads what stands around each page of a model.</summary>
internal static class ModelFrames
{
    private const string State = "state";
    private const string Number = "number";
    private const string Token = "versions";

    /// <summary>The model of a page with the list of versions that its address names.</summary>
    public static async Task<ModelFrame> ReadFrame(this RegistryApi api, HttpContext page, RequestCaller caller, string model)
    {
        var found = (await api.Read<ModelView>(page, "get_model", new { model })).OrRefuse();
        var state = page.Request.Query[State].ToString();
        var number = page.Request.Query[Number].ToString().Trim();
        var filter = QueryString.Create("page_size", "100");
        filter = state.Length == 0 ? filter : filter.Add(State, state);
        filter = number.Length == 0 ? filter : filter.Add(Number, number);
        var versions = (await api.Read<Page<VersionView>>(page, "list_versions", new { model }, page.Paging(filter, Token))).OrRefuse();
        return new ModelFrame(
            ConsoleUser.Of(caller),
            found,
            await Pinned(api, page, found, versions.Items),
            versions.Items,
            EnumNames<VersionState>.TryParse(state, out var known) ? known : null,
            number,
            QueryString.Create(page.Request.Query.Where(parameter =>
                parameter.Key is State or Number or Token && !string.IsNullOrEmpty(parameter.Value))).ToString(),
            page.NextPage(versions.NextPageToken, Token),
            page.FirstPage(Token),
            Receipt.Take(page));
    }

    /// <summary>The primary, and the version that is to be: they stay in sight where the list does not hold them.</summary>
    private static async Task<IReadOnlyList<VersionView>> Pinned(
        RegistryApi api, HttpContext page, ModelView model, IReadOnlyList<VersionView> listed)
    {
        List<VersionView> pinned = [];
        foreach (var id in (string?[])[model.Primary?.VersionId, model.PendingPrimary?.VersionId])
        {
            if (id is not null && listed.All(version => version.Id != id)
                && (await api.Read<VersionView>(page, "get_version", new { id })).Value is { } version)
            {
                pinned.Add(version);
            }
        }

        return pinned;
    }
}
