using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <content>Streams of events and of logs, which go on over broken connections.</content>
public sealed partial class RegistryRestClient
{
    private const string EventStreamType = "text/event-stream";

    // The registry writes a comment every 15 seconds.
    private static readonly TimeSpan StreamSilence = TimeSpan.FromSeconds(45);

    /// <summary>
    /// Events as they happen. When the connection ends, the next one goes on behind the last event: none is missed, and
    /// none comes twice. Nothing but a refusal or the end of the iteration ends it.
    /// </summary>
    /// <param name="model">Only those of this model, by name or id; null for all.</param>
    /// <param name="types">Only those of these types; null for all.</param>
    /// <param name="after">Only those behind the event with this id; null for all that are kept.</param>
    /// <param name="cancellationToken">Ends the iteration.</param>
    public async IAsyncEnumerable<RegistryEvent> FollowEvents(
        string? model = null,
        IReadOnlyList<string>? types = null,
        string? after = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RegistryRequest Request()
        {
            var request = model is null
                ? new RegistryRequest(Operations.ListEvents) { Accept = EventStreamType, Timeout = StreamSilence }
                : new RegistryRequest(Operations.ListModelEvents, ("model", model)) { Accept = EventStreamType, Timeout = StreamSilence };
            request.Add("type", types);
            request.Add("after", after);
            return request;
        }

        await foreach (var raw in Follow(Request, cancellationToken))
        {
            yield return new RegistryEvent(raw);
        }
    }

    /// <summary>
    /// The lines that the processes of a version write, of a version that the registry runs. When the connection ends,
    /// the next one goes on behind the last line. Nothing but a refusal or the end of the iteration ends it.
    /// </summary>
    /// <param name="id">The version's id.</param>
    /// <param name="tail">Begins with the last so many lines; null for a hundred.</param>
    /// <param name="cancellationToken">Ends the iteration.</param>
    public async IAsyncEnumerable<LogLine> FollowVersionLog(
        string id, long? tail = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RegistryRequest Request()
        {
            var request = new RegistryRequest(Operations.GetVersionLog, ("id", id)) { Accept = EventStreamType, Timeout = StreamSilence };
            request.Add("tail", tail);
            return request;
        }

        await foreach (var raw in Follow(Request, cancellationToken))
        {
            yield return new LogLine(raw);
        }
    }

    private async IAsyncEnumerable<JsonElement> Follow(
        Func<RegistryRequest> make, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? last = null;
        for (var failures = 0; ; failures++)
        {
            var request = make();
            request.AddHeader("Last-Event-ID", last);
            // The first connection shows whether the events can be read at all.
            var reply = await Connected(request, last is null && failures == 0, cancellationToken);
            if (reply is not null)
            {
                await using (reply)
                {
                    await using var parts = SseParser.Create(reply).EnumerateAsync(cancellationToken).GetAsyncEnumerator(
                        cancellationToken);
                    while (await Next(parts))
                    {
                        failures = 0;
                        last = parts.Current.EventId is { Length: > 0 } id ? id : last;
                        yield return Transport.Parse(Encoding.UTF8.GetBytes(parts.Current.Data))
                            ?? throw new InvalidAnswerException("An event is no JSON.");
                    }
                }
            }

            // The node stops, or this reader was too slow: go on at another one, or later.
            await _transport.Pause(failures, cancellationToken);
        }
    }

    private static async Task<bool> Next(IAsyncEnumerator<SseItem<string>> parts)
    {
        try
        {
            return await parts.MoveNextAsync();
        }
        catch (RegistryException e) when (e is ConnectionFailedException or TimedOutException)
        {
            return false;
        }
    }

    private async Task<Reply?> Connected(RegistryRequest request, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await _transport.Read(request, Task.FromResult, cancellationToken);
            if (reply.Is(EventStreamType))
            {
                return reply;
            }

            await reply.DisposeAsync();
            throw new InvalidAnswerException(
                "The answer is no stream of events. Is the URL the registry's?",
                reply.Status);
        }
        catch (RegistryException e) when (!isFirst && e.IsRetryable)
        {
            return null;
        }
    }
}
