using System.Net.Mime;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Events as server-sent events: what has happened behind a position, and then what happens, until the reader or the
/// node goes. Each has its position as <c>id</c>, its type as <c>event</c> and itself as <c>data</c>.
/// </summary>
internal sealed class EventStream : IResult, IEndpointMetadataProvider
{
    private const int PageSize = 200;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly RequestCaller _caller;
    private readonly EventFilter _filter;

    internal EventStream(RequestCaller caller, EventFilter filter) => (_caller, _filter) = (caller, filter);

    /// <summary>Adds what the OpenAPI document says of the stream.</summary>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [MediaTypeNames.Text.EventStream]));
        builder.Metadata.Add(new StreamedSchema(EventSchemas.Event));
    }

    /// <summary>Writes events until nobody reads them any more.</summary>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = MediaTypeNames.Text.EventStream;
        httpContext.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        var services = httpContext.RequestServices;
        using var subscription = await services.GetRequiredService<EventFeedWorker>().Subscribe(_caller.Workspace, _filter, httpContext.RequestAborted);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, subscription.Cut);
        // The end of the node breaks off no event.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(broken.Token, services.GetRequiredService<NodeEnd>().Closing);
        try
        {
            await Write(httpContext.Response, subscription, services, broken.Token, end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or RegistryUnavailableException or SiloReplacedException
            or TimeoutException or OrleansException)
        {
            // The reader comes again with the id of the last event, or has gone.
            if (subscription.Cut.IsCancellationRequested)
            {
                httpContext.Abort();
            }
        }
    }

    private async Task Write(HttpResponse response, EventSubscription subscription, IServiceProvider services, CancellationToken broken, CancellationToken end)
    {
        await Send(response, ":\n\n", broken);

        var catalog = services.GetRequiredService<IRegistryCatalog>();
        var access = services.GetRequiredService<ApiKeyAuthenticator>();
        var last = _filter.After;
        int found;
        do
        {
            // Who is not let in any more gets no event that happened since.
            if (!await access.IsStillValid(_caller))
            {
                return;
            }

            var page = await catalog.ListEvents(_caller.Workspace, _filter with { After = last }, PageSize, end);
            found = page.Length;
            if (found > 0)
            {
                await Send(response, string.Concat(page.Select(Format)), broken);
                last = page[^1].Position;
            }
        }
        while (found == PageSize);

        var clock = services.GetRequiredService<TimeProvider>();
        var text = new StringBuilder();
        while (true)
        {
            var isMore = subscription.Events.WaitToReadAsync(end).AsTask();
            while (await Task.WhenAny(isMore, Task.Delay(Heartbeat, clock, end)) != isMore)
            {
                if (!await access.IsStillValid(_caller))
                {
                    return;
                }

                end.ThrowIfCancellationRequested();
                await Send(response, ":\n\n", broken);
            }

            if (!await isMore || !await access.IsStillValid(_caller))
            {
                return;
            }

            while (text.Length < ushort.MaxValue && subscription.Events.TryRead(out var happened))
            {
                // What was stored while the history was read comes both ways.
                if (happened.Position > last)
                {
                    text.Append(Format(happened));
                    last = happened.Position;
                }
            }

            await Send(response, text.ToString(), broken);
            text.Clear();
        }
    }

    private static string Format(RegistryEvent happened) =>
        $"id: {happened.Id}\nevent: {happened.Type}\ndata: {JsonSerializer.Serialize(happened, JsonSettings.TypeOf<RegistryEvent>())}\n\n";

    private static async Task Send(HttpResponse response, string text, CancellationToken broken)
    {
        await response.WriteAsync(text, broken);
        await response.Body.FlushAsync(broken);
    }
}
