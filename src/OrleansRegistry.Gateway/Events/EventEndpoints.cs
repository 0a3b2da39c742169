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
    private const string Now = "now";
    private const string OldestFirst = "id";
    private const string NewestFirst = "-id";

    private static readonly RequestParameter Type =
        RequestParameter.OneOf("type", "A type of event. May appear several times.", EventType.All) with { MaxTimes = EventType.All.Count };

    private static readonly RequestParameter After = new(
        "after", $"Only events behind this position; `{Now}` in a stream: only what happens from now on.")
    {
        Problem = value => value == Now || Position(value) is not null ? null : $"must be the id of an event, 0 or {Now}",
    };

    private static readonly RequestParameter LastEventId = RequestParameter.Header(
        "Last-Event-ID",
        "With `Accept: text/event-stream`: resumes behind this position; wins over `after`.",
        problem: value => Position(value) is null ? "must be the id of an event" : null);

    private static readonly RequestParameter Actor = new("actor", "Only what this actor did, as events name them: `key:r24dn91t`.");

    private static readonly RequestParameter OfModel = new("model", "Only events of this model and its versions, by id or name.") { Problem = ModelName.TextProblem };

    private static readonly RequestParameter Since = new(
        "since", "Lists only events of this instant and later ones: a date or an RFC 3339 time. The order is then that of instants, and of ids within one.")
    {
        Problem = Instants.ProblemOf,
    };

    private static readonly RequestParameter Until = new(
        "until", "Lists only events before this instant: a date or an RFC 3339 time. The order is then that of instants, and of ids within one.")
    {
        Problem = Instants.ProblemOf,
    };

    private static readonly RequestParameter Order =
        RequestParameter.OneOf("order_by", $"The order of a list: oldest first (`{OldestFirst}`, by default) or newest first.", OldestFirst, NewestFirst);

    private static readonly IReadOnlyList<RequestParameter> OfLists = [Since, Until, Order, CommonParameters.PageToken];

    private static readonly IReadOnlyList<RequestParameter> OfAll =
        [Type, Actor, After, LastEventId, Since, Until, Order, CommonParameters.PageSize, CommonParameters.PageToken];

    /// <summary>Maps the routes.</summary>
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("").WithTags("Events").DescribePath(PathParameter.Model, PathParameter.Version);
        events.MapGet("events", ListEvents)
            .WithName("list_events")
            .Compresses()
            .RequirePermission(Permission.Read)
            .Lasts(IsStream)
            .AcceptsParameters([.. OfAll, OfModel])
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.HistoryRemoved, ErrorCode.StateCorrupt);
        events.MapGet(Routes.OfModel("/events"), ListModelEvents)
            .WithName("list_model_events")
            .Compresses()
            .RequirePermission(Permission.Read)
            .Lasts(IsStream)
            .AcceptsParameters(OfAll)
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.HistoryRemoved, ErrorCode.StateCorrupt);
        events.MapGet(Routes.OfVersion("/events"), ListVersionEvents)
            .WithName("list_version_events")
            .Compresses()
            .RequirePermission(Permission.Read)
            .Lasts(IsStream)
            .AcceptsParameters(OfAll)
            .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.HistoryRemoved, ErrorCode.StateCorrupt);
    }

    /// <summary>Lists events, oldest first unless <c>order_by</c> says otherwise.</summary>
    /// <remarks>
    /// With <c>Accept: text/event-stream</c> the events come as server-sent events, and the stream goes on with what
    /// happens.
    /// </remarks>
    public static async Task<Results<Answer<Page<RegistryEvent>>, EventStream>> ListEvents(
        RequestCaller caller,
        HttpRequest request,
        ModelDirectory directory,
        IRegistryCatalog catalog,
        PageTokens pageTokens,
        CancellationToken cancellationToken)
    {
        if (OfModel.ValueIn(request) is not { } model)
        {
            return await List(new EventFilter(), caller, request, catalog, pageTokens, cancellationToken);
        }

        return await directory.Read(caller.Workspace, model, cancellationToken) is { Model.Id: var id }
            ? await List(new EventFilter { ModelId = id }, caller, request, catalog, pageTokens, cancellationToken)
            : (Answer<Page<RegistryEvent>>)ModelDirectory.NotFound(model);
    }

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
        var isStream = IsStream(request);
        if (Misplaced(request, isStream) is { } misplaced)
        {
            return (Answer<Page<RegistryEvent>>)misplaced;
        }

        filter = filter with { Types = [.. Type.In(request)], Actor = Actor.ValueIn(request) };
        return isStream
            ? await Stream(filter, caller, request, catalog, cancellationToken)
            : await ListPage(filter, caller, request, catalog, pageTokens, cancellationToken);
    }

    private static async Task<Results<Answer<Page<RegistryEvent>>, EventStream>> Stream(
        EventFilter filter, RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, CancellationToken cancellationToken)
    {
        List<(string Name, long Position)> cursors = [.. Positions(request, After), .. Positions(request, LastEventId)];
        if (cursors.Count == 0 && After.ValueIn(request) == Now)
        {
            var range = await catalog.FindEventRange(caller.Workspace, filter.ModelId, cancellationToken);
            return new EventStream(caller, filter with { After = range.Last });
        }

        return await Refusal(caller.Workspace, filter.ModelId, cursors, catalog, cancellationToken) is { } refusal
            ? (Answer<Page<RegistryEvent>>)refusal
            : new EventStream(caller, filter with { After = cursors.Select(cursor => cursor.Position).LastOrDefault() });
    }

    private static async Task<Answer<Page<RegistryEvent>>> ListPage(
        EventFilter filter, RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken)
    {
        filter = filter with
        {
            After = Positions(request, After).Select(after => after.Position).SingleOrDefault(),
            Since = Instants.In(Since, request),
            Until = Instants.In(Until, request),
            NewestFirst = Order.ValueIn(request) == NewestFirst,
        };
        if (filter.Until < filter.Since)
        {
            return RegistryError.Invalid(Until.Name, "must not be before since");
        }

        var tokens = pageTokens.For(
            caller.Workspace,
            ["events", filter.ModelId, filter.VersionId, After.ValueIn(request), .. filter.Types, .. Narrowed(request)]);
        List<(string Name, long Position)> cursors = [.. Positions(request, After), .. Positions(request, LastEventId)];
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            var at = default(DateTimeOffset);
            if (!tokens.TryDecode(token, filter.IsByInstant ? 2 : 1, out var cursor) || Position(cursor[0]) is not { } place
                || (filter.IsByInstant && !PageToken.TryParseInstant(cursor[1], out at)))
            {
                return PageToken.Refusal();
            }

            filter = filter with { Previous = new EventCursor(place, at) };
            if (filter is { IsByInstant: false, NewestFirst: false })
            {
                cursors.Add((CommonParameters.PageToken.Name, place));
            }
        }

        if (await Refusal(caller.Workspace, filter.ModelId, cursors, catalog, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            await catalog.ListEvents(caller.Workspace, filter, size + 1, cancellationToken),
            size,
            last => filter.IsByInstant ? tokens.Encode(last.Id, PageToken.Text(last.At)) : tokens.Encode(last.Id));
    }

    /// <summary>Why a parameter doesn't go with what the request asks for, or null.</summary>
    private static RegistryError? Misplaced(HttpRequest request, bool isStream)
    {
        if (!isStream)
        {
            return After.ValueIn(request) == Now ? RegistryError.Invalid(After.Name, $"may be {Now} in a stream only") : null;
        }

        FieldError[] problems =
        [
            .. request.Query.Keys.Where(name => OfLists.Any(parameter => parameter.Name == name))
                .Select(name => new FieldError(name, "does not apply to a stream")),
        ];
        return problems.Length == 0 ? null : RegistryError.Invalid(problems);
    }

    /// <summary>What else a page token belongs to.</summary>
    private static IEnumerable<string> Narrowed(HttpRequest request) =>
        from parameter in (RequestParameter[])[Actor, Since, Until, Order]
        where parameter.ValueIn(request) is not null
        select $"{parameter.Name}={parameter.ValueIn(request)}";

    private static bool IsStream(HttpRequest request) => AcceptedTypes.Prefer(request, MediaTypeNames.Text.EventStream);

    private static long? Position(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : null;

    private static IEnumerable<(string Name, long Position)> Positions(HttpRequest request, RequestParameter parameter) =>
        parameter.In(request).Select(Position).OfType<long>().Select(position => (parameter.Name, position));

    /// <summary>Why nobody can read on from one of the positions that a request names, or null.</summary>
    private static async Task<RegistryError?> Refusal(
        string workspace, string? modelId, IReadOnlyCollection<(string Name, long Position)> cursors, IRegistryCatalog catalog, CancellationToken cancellationToken)
    {
        if (cursors.All(cursor => cursor.Position == 0))
        {
            return null;
        }

        var range = await catalog.FindEventRange(workspace, modelId, cancellationToken);
        return cursors.Select(cursor => range.Refusal(cursor.Name, cursor.Position)).FirstOrDefault(refusal => refusal is not null);
    }
}
