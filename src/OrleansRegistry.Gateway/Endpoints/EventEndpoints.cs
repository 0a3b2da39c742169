using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>History.</summary>
public static class EventEndpoints
{
    private static readonly RequestParameter Type =
        RequestParameter.OneOf("type", "A type of event. May stand several times.", EventType.All) with { Repeats = true };

    private static readonly RequestParameter After = RequestParameter.Number("after", "Only events behind this position.", 0);

    /// <summary>Maps the routes.</summary>
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("").WithTags("Events");
        events.MapGet("events", ListEvents)
            .WithName("list_events")
            .Reads(Type, After, CommonParameters.PageSize, CommonParameters.PageToken);
        events.MapGet(Routes.OfModel("/events"), ListModelEvents)
            .WithName("list_model_events")
            .Reads(Type, After, CommonParameters.PageSize, CommonParameters.PageToken)
            .Refuses(ErrorCode.ModelNotFound, ErrorCode.StateCorrupt);
        events.MapGet(Routes.OfVersion("/events"), ListVersionEvents)
            .WithName("list_version_events")
            .Reads(Type, After, CommonParameters.PageSize, CommonParameters.PageToken)
            .Refuses(ErrorCode.VersionNotFound, ErrorCode.StateCorrupt);
    }

    /// <summary>Lists events, oldest first.</summary>
    public static Task<Answer<Page<RegistryEvent>>> ListEvents(
        RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, CancellationToken cancellationToken) =>
        List(new EventFilter(), caller, request, catalog, cancellationToken);

    /// <summary>Lists the events of a model and its versions, oldest first; by id also of a deleted one.</summary>
    public static async Task<Answer<Page<RegistryEvent>>> ListModelEvents(
        string model,
        RequestCaller caller,
        HttpRequest request,
        ModelLookup lookup,
        IRegistryCatalog catalog,
        CancellationToken cancellationToken) =>
        await lookup.Read(caller.Workspace, model, cancellationToken) is { Model.Id: var id }
            ? await List(new EventFilter { ModelId = id }, caller, request, catalog, cancellationToken)
            : ModelLookup.NotFound(model);

    /// <summary>Lists the events of a version, oldest first.</summary>
    public static async Task<Answer<Page<RegistryEvent>>> ListVersionEvents(
        string id, RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, CancellationToken cancellationToken) =>
        VersionId.TryParse(id, out var version) && await catalog.FindVersion(caller.Workspace, version, cancellationToken) is not null
            ? await List(new EventFilter { VersionId = id }, caller, request, catalog, cancellationToken)
            : Routes.NoVersion(id);

    private static async Task<Answer<Page<RegistryEvent>>> List(
        EventFilter filter, RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, CancellationToken cancellationToken)
    {
        var after = ListEndpoints.Single(After, request);
        var types = Type.In(request);
        var tokens = new PageToken(["events", filter.ModelId, filter.VersionId, after, .. types]);
        var position = after is null ? 0 : Position(after);
        if (ListEndpoints.Single(CommonParameters.PageToken, request) is { } token)
        {
            if (!tokens.TryDecode(token, 1, out var cursor) || !long.TryParse(cursor[0], NumberStyles.None, CultureInfo.InvariantCulture, out position))
            {
                return PageToken.Refusal();
            }
        }

        var size = CommonParameters.PageSizeOf(request);
        return ListEndpoints.ToPage(
            await catalog.ListEvents(caller.Workspace, filter with { Types = [.. types], After = position }, size + 1, cancellationToken),
            size,
            last => tokens.Encode(last.Id));
    }

    private static long Position(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
