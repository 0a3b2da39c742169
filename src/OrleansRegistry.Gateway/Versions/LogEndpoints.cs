using System.Globalization;
using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>The logs of versions that the registry runs (rule X9).</summary>
internal static class LogEndpoints
{
    private const int MaxLines = 1000;
    private const int DefaultLines = 100;

    private static readonly RequestParameter Tail = RequestParameter.Number(
        "tail", $"The last so many lines, 1 to {MaxLines}; {DefaultLines} by default.", 1, MaxLines);

    private static readonly RequestParameter After = new("after", $"The lines behind this one, by its number; a list has at most {MaxLines}.")
    {
        Problem = value => Number(value) is null ? "must be the number of a line, or 0" : null,
    };

    private static readonly RequestParameter LastEventId = RequestParameter.Header(
        "Last-Event-ID",
        "With `Accept: text/event-stream`: resumes behind this line; wins over `tail` and `after`.",
        problem: value => Number(value) is null ? "must be the number of a line" : null);

    /// <summary>Maps the route.</summary>
    public static void MapLogs(this IEndpointRouteBuilder routes) => routes.MapGet(Routes.OfVersion("/logs"), GetVersionLog)
        .WithName("get_version_log")
        .RequirePermission(Permission.Deploy)
        .WithTags("Versions")
        .DescribePath(PathParameter.Version)
        .Lasts(IsStream)
        .AcceptsParameters(Tail, After, LastEventId)
        .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.StateCorrupt);

    /// <summary>Reads the log of a version that the registry runs: what its processes wrote to stdout and stderr since it became active.</summary>
    /// <remarks>
    /// The log is a ring: the oldest lines go first. With <c>Accept: text/event-stream</c> the lines come as server-sent
    /// events, and the stream goes on with those that are written.
    /// </remarks>
    public static async Task<Results<LogStream, Answer<VersionLogView>>> GetVersionLog(
        VersionId id,
        RequestCaller caller,
        HttpRequest request,
        IRegistryCatalog catalog,
        INodeProcesses processes,
        CancellationToken cancellationToken)
    {
        request.HttpContext.Response.Headers.Vary = HeaderNames.Accept;
        var (tail, after) = (Number(Tail.ValueIn(request)), Number(After.ValueIn(request)));
        if (tail is not null && after is not null)
        {
            return (Answer<VersionLogView>)RegistryError.Invalid(Tail.Name, "must be left out beside after");
        }

        if (await catalog.FindVersion(caller.Workspace, id, cancellationToken) is null)
        {
            return (Answer<VersionLogView>)VersionResolver.NotFound(id.ToString());
        }

        var log = processes.FindLog(caller.Workspace, id);
        var lines = log is null || after is not null ? [] : log.Tail((int)(tail ?? DefaultLines));
        if (IsStream(request))
        {
            var begin = Number(LastEventId.ValueIn(request)) ?? after ?? (lines is [var first, ..] ? first.Number - 1 : 0);
            return new LogStream(caller, () => processes.FindLog(caller.Workspace, id), log, begin);
        }

        if (log is not null && after is { } number)
        {
            await using LogReader reader = new(log, number);
            lines = reader.Read(MaxLines);
        }

        return (Answer<VersionLogView>)new VersionLogView { Lines = [.. lines.Select(LogLineView.Of)] };
    }

    private static bool IsStream(HttpRequest request) => AcceptedTypes.Prefer(request, MediaTypeNames.Text.EventStream);

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
