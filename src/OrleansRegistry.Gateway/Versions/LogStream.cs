using System.Net.Mime;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The log of a version as server-sent events: lines behind one, and then those that come, until the reader or the node
/// goes, or the log ends with the version's activity. Each has its number as <c>id</c>, <c>line</c> as <c>event</c>, and
/// itself as <c>data</c>.
/// </summary>
internal sealed class LogStream : IResult, IEndpointMetadataProvider
{
    private const int LinesAtOnce = 500;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly RequestCaller _caller;
    private readonly Func<IProcessLog?> _find;
    private readonly IProcessLog? _log;
    private readonly long _after;

    /// <summary>Follows a log.</summary>
    /// <param name="caller">The reader.</param>
    /// <param name="find">Finds the version's log as it is now.</param>
    /// <param name="log">The log, or null where there is none yet: the reader comes again.</param>
    /// <param name="after">The number of the line behind which it begins.</param>
    internal LogStream(RequestCaller caller, Func<IProcessLog?> find, IProcessLog? log, long after) =>
        (_caller, _find, _log, _after) = (caller, find, log, after);

    /// <summary>Adds what the OpenAPI document says of the stream.</summary>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [MediaTypeNames.Text.EventStream]));
        builder.Metadata.Add(new StreamedSchema("LogLine"));
    }

    /// <summary>Writes lines until nobody reads them any more.</summary>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = MediaTypeNames.Text.EventStream;
        response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        var services = httpContext.RequestServices;
        // The end of the node breaks off no line.
        var broken = httpContext.RequestAborted;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(broken, services.GetRequiredService<NodeEnd>().Closing);
        try
        {
            await Send(response, ":\n\n", broken);
            if (_log is not null)
            {
                await using LogReader reader = new(_log, _after);
                await Write(response, reader, services, broken, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader comes again with the number of the last line, or has gone.
        }
    }

    private async Task Write(HttpResponse response, LogReader reader, IServiceProvider services, CancellationToken broken, CancellationToken end)
    {
        var access = services.GetRequiredService<ApiKeyAuthenticator>();
        var clock = services.GetRequiredService<TimeProvider>();
        // Who is not let in any more gets no line that was written since.
        while (await access.IsStillValid(_caller))
        {
            if (reader.Read(LinesAtOnce) is not [] and var lines)
            {
                await Send(response, string.Concat(lines.Select(Format)), broken);
                end.ThrowIfCancellationRequested();
            }
            else if (await Task.WhenAny(reader.More, Task.Delay(Heartbeat, clock, end)) != reader.More)
            {
                end.ThrowIfCancellationRequested();
                if (_find() != _log)
                {
                    return;
                }

                await Send(response, ":\n\n", broken);
            }
            else if (!await reader.More)
            {
                return;
            }
        }
    }

    private static string Format(LogLine line) =>
        $"id: {line.Number}\nevent: line\ndata: {JsonSerializer.Serialize(LogLineView.Of(line), JsonSettings.TypeOf<LogLineView>())}\n\n";

    private static async Task Send(HttpResponse response, string text, CancellationToken broken)
    {
        await response.WriteAsync(text, broken);
        await response.Body.FlushAsync(broken);
    }
}
