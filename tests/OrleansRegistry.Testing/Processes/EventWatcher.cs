using System.Globalization;

namespace OrleansRegistry.Testing;

/// <summary>Watches all events, and comes again behind the last one it saw whenever the node has gone.</summary>
public sealed class EventWatcher
{
    private readonly List<long> _seen = [];

    /// <summary>The ids of all events, in the order in which they came.</summary>
    public IReadOnlyList<long> Seen => _seen;

    /// <summary>Reads until the node is gone, the event with an id has come, or somebody says so.</summary>
    public async Task Watch(HttpClient client, long last = long.MaxValue, CancellationToken stop = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", $"{_seen.LastOrDefault()}");
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
            var id = 0L;
            while (_seen.LastOrDefault() < last && await reader.ReadLineAsync(stop) is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    id = long.Parse(line["id: ".Length..], CultureInfo.InvariantCulture);
                }
                else if (line.Length == 0 && id > 0)
                {
                    _seen.Add(id);
                    id = 0;
                }
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && last == long.MaxValue)
        {
            // Killed, or told to stop.
        }
    }
}
