using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Lists of models and of their versions.</summary>
public static class ListEndpoints
{
    private const string ByName = "name";
    private const string NewestFirst = "-created_at";

    private static readonly RequestParameter Name = new("name", "The exact name.") { Problem = ModelName.TextProblem };
    private static readonly RequestParameter Prefix = new("q", "How the name begins, in any case.") { Problem = ModelName.TextProblem };
    private static readonly RequestParameter Order = RequestParameter.OneOf("order_by", $"The order; `{ByName}` by default.", ByName, NewestFirst);
    private static readonly RequestParameter ExternalId = new("external_id", "The deployer's own id.");
    private static readonly RequestParameter State =
        RequestParameter.OneOf("state", "The state; all but deleted ones by default.", EnumNames<VersionState>.All);

    /// <summary>Maps the routes.</summary>
    public static void MapLists(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("models", ListModels)
            .WithName("list_models")
            .Needs(Permission.Read)
            .WithTags("Models")
            .Reads(Name, Prefix, CommonParameters.Label, Order, CommonParameters.PageSize, CommonParameters.PageToken);
        routes.MapGet(Routes.OfModel("/versions"), ListVersions)
            .WithName("list_versions")
            .DescribePath(PathParameter.Model)
            .Needs(Permission.Read)
            .WithTags("Versions")
            .Reads(State, CommonParameters.Label, ExternalId, CommonParameters.PageSize, CommonParameters.PageToken)
            .Refuses(ErrorCode.ModelNotFound, ErrorCode.StateCorrupt);
    }

    /// <summary>Lists models.</summary>
    public static async Task<Answer<Page<ModelView>>> ListModels(
        RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken)
    {
        var order = Single(Order, request) == NewestFirst ? ModelOrder.NewestFirst : ModelOrder.Name;
        var filter = new ModelFilter
        {
            Name = Single(Name, request) is { } name ? ModelName.Normalize(name) : null,
            NamePrefix = Single(Prefix, request)?.Normalize(System.Text.NormalizationForm.FormC),
            LabelTexts = [.. CommonParameters.Label.In(request)],
            Order = order,
        };
        var tokens = pageTokens.For(caller.Workspace, ["models", filter.Name, filter.NamePrefix, order.ToString(), .. CommonParameters.Label.In(request)]);
        if (Single(CommonParameters.PageToken, request) is { } token)
        {
            if (!tokens.TryDecode(token, 3, out var cursor) || !TryReadInstant(cursor[1], out var createdAt))
            {
                return PageToken.Refusal();
            }

            filter = filter with { After = new ModelCursor(cursor[0], createdAt, cursor[2]) };
        }

        var size = CommonParameters.PageSizeOf(request);
        return ToPage(
            await catalog.ListModels(caller.Workspace, filter, size + 1, cancellationToken),
            size,
            last => tokens.Encode(last.Name, last.CreatedAt.ToString("O", CultureInfo.InvariantCulture), last.Id));
    }

    /// <summary>Lists a model's versions, newest first.</summary>
    public static async Task<Answer<Page<VersionView>>> ListVersions(
        string model,
        RequestCaller caller,
        HttpRequest request,
        ModelLookup lookup,
        IRegistryCatalog catalog,
        PageTokens pageTokens,
        CancellationToken cancellationToken)
    {
        if (await lookup.Read(caller.Workspace, model, cancellationToken) is not { Model.Id: var id })
        {
            return ModelLookup.NotFound(model);
        }

        var state = Single(State, request);
        var filter = new VersionFilter
        {
            State = EnumNames<VersionState>.TryParse(state, out var known) ? known : null,
            LabelTexts = [.. CommonParameters.Label.In(request)],
            ExternalId = Single(ExternalId, request),
        };
        var tokens = pageTokens.For(caller.Workspace, ["versions", id, state, filter.ExternalId, .. CommonParameters.Label.In(request)]);
        if (Single(CommonParameters.PageToken, request) is { } token)
        {
            if (!tokens.TryDecode(token, 1, out var cursor) || !int.TryParse(cursor[0], NumberStyles.None, CultureInfo.InvariantCulture, out var before))
            {
                return PageToken.Refusal();
            }

            filter = filter with { Before = before };
        }

        var size = CommonParameters.PageSizeOf(request);
        return ToPage(
            await catalog.ListVersions(caller.Workspace, id, filter, size + 1, cancellationToken),
            size,
            last => tokens.Encode(VersionId.TryParse(last.Id, out var lastId) ? lastId.Ordinal.ToString(CultureInfo.InvariantCulture) : ""));
    }

    /// <summary>The page of a list that was asked for one item more than the page has.</summary>
    internal static Page<T> ToPage<T>(ImmutableArray<T> items, int size, Func<T, string> tokenOf) =>
        items.Length > size ? new Page<T>(items[..size], tokenOf(items[size - 1])) : new Page<T>(items, null);

    internal static string? Single(RequestParameter parameter, HttpRequest request) => parameter.In(request) is [var value] ? value : null;

    internal static bool TryReadInstant(string text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
}
