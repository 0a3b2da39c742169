using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Events;

/// <summary>Events as they happen (rule P5): every reader gets each one once, in order.</summary>
public abstract class WatchTests(RegistryServer server)
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task A_stream_tells_what_happened_and_goes_on_with_what_happens()
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        await using var model = await Watch.Begin(server, $"/v1/models/{RegistryDriver.InPath(name)}/events");
        await using var version = await Watch.Begin(server, $"/v1/model_versions/{id}/events?type=version.deactivated&type=version.activated");

        Assert.Equal(["model.created", "version.deployed", "version.published", "primary.changed"], (await model.Read(4)).Select(read => read.Type));
        await _registry.Do("deactivate", id);
        await _registry.Do("activate", id);

        Assert.Equal("version.deactivated", Assert.Single(await model.Read(1)).Type);
        var ofVersion = await version.Read(2);
        Assert.Equal(["version.deactivated", "version.activated"], ofVersion.Select(read => read.Type));
        Assert.All(ofVersion, read => Assert.Equal((read.Id, read.Type, id), ((string)read.Data["id"]!, (string)read.Data["type"]!, (string)read.Data["version_id"]!)));
    }

    [Fact]
    public async Task Characters_that_json_takes_as_they_are_stand_so_in_a_stream()
    {
        var name = RegistryDriver.NewPlainName();
        var id = (await _registry.Deploy(name))["model_id"];

        await using var watch = await Watch.Begin(server, $"/v1/models/{id}/events?type=model.created");

        Assert.Contains($"\"name\":\"{name}\"", Assert.Single(await watch.Read(1)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_comes_again_resumes_behind_the_last_event_it_saw()
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/events";
        IReadOnlyList<Seen> first;
        await using (var watch = await Watch.Begin(server, path))
        {
            first = await watch.Read(2);
        }

        await _registry.Do("deactivate", id);
        // The header wins.
        await using var again = await Watch.Begin(server, path + "?after=0", first[1].Id);
        var all = (await _registry.All(path)).Select(happened => (string)happened["id"]!).ToList();
        var rest = await again.Read(all.Count - first.Count);

        Assert.Equal(all, [.. first.Select(seen => seen.Id), .. rest.Select(seen => seen.Id)]);
        await using var after = await Watch.Begin(server, $"{path}?after={all[^2]}");
        Assert.Equal(all[^1], Assert.Single(await after.Read(1)).Id);
    }

    [Fact]
    public async Task Many_readers_and_many_writers_at_once_and_nobody_misses_or_repeats_an_event()
    {
        const int readers = 1000;
        const int writers = 16;
        const int deployments = 5;
        var before = await LastId();
        var watches = new ConcurrentBag<Watch>();
        // Some begin before the first event, the others amid them.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, readers / 2), async (_, _) => watches.Add(await Watch.Begin(server, $"/v1/events?type=version.deployed&after={before}")));
        var name = RegistryDriver.NewName();
        var writing = Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            for (var i = 0; i < deployments; i++)
            {
                await _registry.Deploy($"{name} {writer}");
            }
        }));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, readers / 2), async (_, _) => watches.Add(await Watch.Begin(server, $"/v1/events?type=version.deployed&after={before}")));
        await writing;

        var expected = (await _registry.All($"/v1/events?type=version.deployed&after={before}")).Select(happened => (string)happened["id"]!).ToList();
        Assert.True(expected.Count >= writers * deployments);
        foreach (var watch in watches)
        {
            Assert.Equal(expected, (await watch.Read(expected.Count)).Select(seen => seen.Id));
            await watch.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("/v1/events?after=x", null, "after")]
    [InlineData("/v1/events?type=nothing", null, "type")]
    [InlineData("/v1/events?page_token=x", null, "page_token")]
    [InlineData("/v1/events", "x", "Last-Event-ID")]
    [InlineData("/v1/events", "-1", "Last-Event-ID")]
    public async Task A_stream_that_is_asked_for_wrongly_is_refused_by_field(string path, string? lastEventId, string field)
    {
        (string, string)[] headers = lastEventId is null ? [("Accept", "text/event-stream")] : [("Accept", "text/event-stream"), ("Last-Event-ID", lastEventId)];

        (await _registry.Get(path, headers)).IsInvalid(field);
        (await _registry.Get("/v1/models/nothing%20here/events", ("Accept", "text/event-stream"))).IsProblem(404, ErrorCode.ModelNotFound);
    }

    [Theory]
    [InlineData("/v1/events")]
    [InlineData("/v1/models/{0}/events")]
    [InlineData("/v1/model_versions/{0}-1/events")]
    public async Task A_position_that_this_log_never_gave_is_refused_at_once(string pattern)
    {
        var version = await _registry.DeployPrimary(RegistryDriver.NewName());
        var path = pattern.Replace("{0}", version["model_id"], StringComparison.Ordinal);
        // Other tests go on writing, but not so much.
        var beyond = long.Parse(await LastId(), CultureInfo.InvariantCulture) + 1_000_000;

        foreach (var accept in (string[])["application/json", "text/event-stream"])
        {
            (await _registry.Get($"{path}?after={beyond}", ("Accept", accept))).IsInvalid("after");
            (await _registry.Get($"{path}?after={long.MaxValue}", ("Accept", accept))).IsInvalid("after");
            (await _registry.Get(path, ("Accept", accept), ("Last-Event-ID", $"{beyond}"))).IsInvalid("Last-Event-ID");
            (await _registry.Get($"{path}?after={beyond}", ("Accept", accept), ("Last-Event-ID", "1"))).IsInvalid("after");
        }

        // The last one that it gave is none of them.
        var last = await LastId();
        Assert.DoesNotContain((await _registry.Get($"{path}?after={last}")).Is(200).Body!["items"]!.AsArray(), happened => (string)happened!["id"]! == last);
        await using var watch = await Watch.Begin(server, path, last);
    }

    [Theory]
    [InlineData("text/event-stream", true)]
    [InlineData("application/json, text/event-stream", true)]
    [InlineData("text/event-stream, */*;q=0.1", true)]
    [InlineData("application/json, text/event-stream;q=0.1", false)]
    [InlineData("application/json;q=0.1, text/event-stream;q=0", false)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("text/event-stream;q=0.5, */*", false)]
    [InlineData("*/*", false)]
    public async Task Events_come_as_the_caller_prefers(string accept, bool isStream)
    {
        var answer = await _registry.Send(HttpMethod.Head, "/v1/events", null, ("Accept", accept));

        Assert.Equal((isStream ? "text/event-stream" : "application/json", "Accept"), (answer.Is(200).ContentType, answer.Header("Vary")));
    }

    private async Task<string> LastId() => await _registry.All("/v1/events") is [.., var last] ? (string)last["id"]! : "0";

    /// <summary>An event as a stream brought it.</summary>
    private sealed record Seen(string Id, string Type, string Text)
    {
        public JsonNode Data { get; } = JsonNode.Parse(Text)!;
    }

    /// <summary>One reader.</summary>
    private sealed class Watch : IAsyncDisposable
    {
        private readonly HttpResponseMessage _answer;
        private readonly StreamReader _reader;

        [SuppressMessage("Reliability", "CA2000", Justification = "Disposed of with the watch.")]
        private Watch(HttpResponseMessage answer, Stream stream) => (_answer, _reader) = (answer, new StreamReader(stream));

        public static async Task<Watch> Begin(RegistryServer server, string path, string? lastEventId = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Accept", "text/event-stream");
            if (lastEventId is not null)
            {
                request.Headers.Add("Last-Event-ID", lastEventId);
            }

            var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(WaitTimeout);
            Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
            return new Watch(answer, await answer.Content.ReadAsStreamAsync());
        }

        public async Task<IReadOnlyList<Seen>> Read(int count)
        {
            // Heartbeats are no progress.
            using var timeout = new CancellationTokenSource(WaitTimeout);
            List<Seen> seen = [];
            var fields = new Dictionary<string, string>();
            while (seen.Count < count)
            {
                var line = await _reader.ReadLineAsync(timeout.Token) ?? throw new EndOfStreamException($"The stream ended after {seen.Count} events.");
                if (line.Length > 0)
                {
                    var colon = line.IndexOf(": ", StringComparison.Ordinal);
                    fields[colon < 0 ? line : line[..colon]] = colon < 0 ? "" : line[(colon + 2)..];
                }
                else if (fields.Remove("data", out var data))
                {
                    seen.Add(new Seen(fields["id"], fields["event"], data));
                }
            }

            return seen;
        }

        public ValueTask DisposeAsync()
        {
            _reader.Dispose();
            _answer.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

[Collection(OnSqlite.Name)]
public sealed class WatchOnSqliteTests(SqliteServer server) : WatchTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class WatchOnPostgresTests(PostgresServer server) : WatchTests(server);
