using System.Globalization;
using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>History.</summary>
internal static class EventEndpoints
{
    private static readonly RequestParameter Type =
        RequestParameter.OneOf("type", "A type of event. May appear several times.", EventType.All) with { MaxTimes = EventType.All.Count };

    private static readonly RequestParameter After = RequestParameter.Number("after", "Only events behind this position.", 0);

    private static readonly RequestParameter LastEventId = RequestParameter.Header(
        "Last-Event-ID",
        "With `Accept: text/event-stream`: resumes behind this position; wins over `after`.",
        problem: value => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : "must be the id of an event");

    /// <summary>Maps the routes.</summary>
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("").WithTags("Events").DescribePath(PathParameter.Model, PathParameter.Version);
        events.MapGet("events", ListEvents)
            .WithName("list_events")
            .RequirePermission(Permission.Read)
            .Lasts(IsStream)
            .AcceptsParameters(Type, After, LastEventId, CommonParameters.PageSize, CommonParameters.PageToken)
            .ProducesErrors(ErrorCode.HistoryRemoved);
        events.MapGet(Routes.OfModel("/events"), ListModelEvents)
            .WithName("list_model_events")
            .RequirePermission(Permission.Read)
            .Lasts(IsStream)
            .AcceptsParameters(Type, After, LastEventId, CommonParameters.PageSize, CommonParameters.PageToken)
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.HistoryRemoved, ErrorCode.StateCorrupt);
        events.MapGet(Routes.OfVersion("/events"), ListVersionEvents)
            .WithName("list_version_events")
            .RequirePermission(Permission.Read)
            .Lasts(IsStream)
            .AcceptsParameters(Type, After, LastEventId, CommonParameters.PageSize, CommonParameters.PageToken)
            .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.HistoryRemoved, ErrorCode.StateCorrupt);
    }

    /// <summary>Lists events, oldest first.</summary>
    /// <remarks>
    /// With <c>Accept: text/event-stream</c> the events come as server-sent events, and the stream goes on with what
    /// happens.
    /// </remarks>
    public static Task<Results<Answer<Page<RegistryEvent>>, EventStream>> ListEvents(
        RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken) =>
        List(new EventFilter(), caller, request, catalog, pageTokens, cancellationToken);

    /// <summary>Lists the events of a model and its versions, oldest first; by id also of a deleted one.</summary>
    public static async Task<Results<Answer<Page<RegistryEvent>>, EventStream>> ListModelEvents(
        string model,
        RequestCaller caller,
        HttpRequest request,
        ModelDirectory directory,
        IRegistryCatalog catalog,
        PageTokens pageTokens,
        CancellationToken cancellationToken) =>
        await directory.Read(caller.Workspace, model, cancellationToken) is { Model.Id: var id }
            ? await List(new EventFilter { ModelId = id }, caller, request, catalog, pageTokens, cancellationToken)
            : (Answer<Page<RegistryEvent>>)ModelDirectory.NotFound(model);

    /// <summary>Lists the events of a version, oldest first.</summary>
    public static async Task<Results<Answer<Page<RegistryEvent>>, EventStream>> ListVersionEvents(
        VersionId id, RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken) =>
        await catalog.FindVersion(caller.Workspace, id, cancellationToken) is not null
            ? await List(new EventFilter { ModelId = id.ModelId, VersionId = id.ToString() }, caller, request, catalog, pageTokens, cancellationToken)
            : (Answer<Page<RegistryEvent>>)VersionResolver.NotFound(id.ToString());

    private static async Task<Results<Answer<Page<RegistryEvent>>, EventStream>> List(
        EventFilter filter, RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken)
    {
        request.HttpContext.Response.Headers.Vary = HeaderNames.Accept;
        var types = Type.In(request);
        var tokens = pageTokens.For(caller.Workspace, ["events", filter.ModelId, filter.VersionId, After.ValueIn(request), .. types]);
        List<(RequestParameter Parameter, long Position)> cursors = [.. Positions(request, After), .. Positions(request, LastEventId)];
        var isStream = IsStream(request);
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (isStream)
            {
                return (Answer<Page<RegistryEvent>>)RegistryError.Invalid(CommonParameters.PageToken.Name, "does not apply to a stream");
            }

            if (!tokens.TryDecode(token, 1, out var cursor) || !long.TryParse(cursor[0], NumberStyles.None, CultureInfo.InvariantCulture, out var place))
            {
                return (Answer<Page<RegistryEvent>>)PageToken.Refusal();
            }

            cursors.Add((CommonParameters.PageToken, place));
        }

        if (await Refusal(caller.Workspace, filter.ModelId, cursors, catalog, cancellationToken) is { } refusal)
        {
            return (Answer<Page<RegistryEvent>>)refusal;
        }

        if (isStream)
        {
            return new EventStream(caller, filter with { Types = [.. types], After = cursors.Select(cursor => cursor.Position).LastOrDefault() });
        }

        var size = CommonParameters.PageSizeOf(request);
        var after = cursors.Where(cursor => cursor.Parameter != LastEventId).Select(cursor => cursor.Position).LastOrDefault();
        return (Answer<Page<RegistryEvent>>)Page.Of(
            await catalog.ListEvents(caller.Workspace, filter with { Types = [.. types], After = after }, size + 1, cancellationToken),
            size,
            last => tokens.Encode(last.Id));
    }

    private static bool IsStream(HttpRequest request) => AcceptedTypes.Prefer(request, MediaTypeNames.Text.EventStream);

    private static IEnumerable<(RequestParameter Parameter, long Position)> Positions(HttpRequest request, RequestParameter parameter) =>
        parameter.In(request).Select(text => (parameter, long.Parse(text, CultureInfo.InvariantCulture)));

    /// <summary>Why nobody can read on from one of the positions that a request names, or null.</summary>
    private static async Task<RegistryError?> Refusal(
        string workspace, string? modelId, IReadOnlyCollection<(RequestParameter Parameter, long Position)> cursors, IRegistryCatalog catalog, CancellationToken cancellationToken)
    {
        if (cursors.All(cursor => cursor.Position == 0))
        {
            return null;
        }

        var range = await catalog.FindEventRange(workspace, modelId, cancellationToken);
        return cursors.Select(cursor => range.Refusal(cursor.Parameter.Name, cursor.Position)).FirstOrDefault(refusal => refusal is not null);
    }
}
