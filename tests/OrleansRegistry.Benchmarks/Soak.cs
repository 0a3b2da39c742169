using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Benchmarks;

/// <summary>
/// Mixed load at a fixed pace for a long time, and what the registry's processes hold meanwhile. Versions come and go, so that what is active stays
/// as much as it is; what is deleted stays in the database only.
/// </summary>
/// <param name="key">An operator's key.</param>
/// <param name="gateways">Where requests are sent, in turns.</param>
/// <param name="processes">The processes that are looked at.</param>
internal sealed class Soak(string key, Uri[] gateways, int[] processes)
{
    private const int Clients = 16;
    private const int Watchers = 4;
    private const int PerSecond = 200;
    private const int Models = 24;
    private const int VersionsOfClient = 3;
    private const int EventsOfWatcher = 2000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _requests;
    private long _calls;
    private long _events;
    private long _failures;

    /// <summary>Sends the load, and prints once a minute and at the end what the processes hold.</summary>
    public async Task Run(TimeSpan duration)
    {
        await using var model = await ServerProcess.Baseline(Baselines.Hello);
        using var stop = new CancellationTokenSource(duration);
        var working = Enumerable.Range(0, Clients).Select(n => Task.Run(() => Work(n, model.Address, stop.Token)))
            .Concat(Enumerable.Range(0, Watchers).Select(n => Task.Run(() => Watch(n, stop.Token)))).ToList();
        List<Holding[]> samples = [];
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                samples.Add([.. processes.Select(Holding.Of)]);
                Console.WriteLine($"minute {samples.Count,3}: {string.Join(" | ", samples[^1].Select(holding => holding.ToString()))}");
            }
        }
        catch (OperationCanceledException)
        {
            // The time is up.
        }

        await Task.WhenAll(working);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{_requests} requests, of which {_calls} called models; {_events} events watched; {_failures} failures"));
        Compare(samples);
    }

    /// <summary>What each process held in the third quarter of the time, and in the last.</summary>
    private void Compare(List<Holding[]> samples)
    {
        var quarter = samples.Count / 4;
        for (var i = 0; i < processes.Length && quarter > 0; i++)
        {
            var third = samples[(2 * quarter)..(3 * quarter)].ConvertAll(sample => sample[i]);
            var last = samples[(3 * quarter)..].ConvertAll(sample => sample[i]);
            Console.WriteLine($"process {processes[i]}: third quarter {Holding.Median(third)}; last quarter {Holding.Median(last)}");
        }
    }

    private async Task Work(int number, Uri model, CancellationToken stop)
    {
        using var client = Client(number);
        var random = new Random(number);
        var own = new Queue<string>();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds((double)Clients / PerSecond));
        try
        {
            while (await pace.WaitForNextTickAsync(stop))
            {
                var name = $"Model {random.Next(Models)}";
                await (random.Next(100) switch
                {
                    < 35 => Send(client, HttpMethod.Get, $"/v1/models/{name}/resolve"),
                    < 60 => Call(client, name),
                    < 65 => Send(client, HttpMethod.Get, "/v1/models?q=model&page_size=20"),
                    < 70 => Send(client, HttpMethod.Get, $"/v1/models/{name}/versions"),
                    < 75 => Send(client, HttpMethod.Get, $"/v1/models/{name}/events?page_size=20"),
                    < 80 => Send(client, HttpMethod.Get, "/v1/billing/usage"),
                    < 85 => Deploy(client, name, model, own),
                    < 90 => own.TryPeek(out var id) ? Send(client, HttpMethod.Post, $"/v1/model_versions/{id}/promote") : Task.CompletedTask,
                    < 95 => own.TryPeek(out var id) ? Send(client, HttpMethod.Post, $"/v1/model_versions/{id}/deactivate") : Task.CompletedTask,
                    _ => own.TryPeek(out var id) ? Send(client, HttpMethod.Post, $"/v1/model_versions/{id}/activate") : Task.CompletedTask,
                });
            }
        }
        catch (OperationCanceledException)
        {
            // The time is up.
        }
    }

    private async Task Deploy(HttpClient client, string name, Uri model, Queue<string> own)
    {
        var body = new JsonObject { ["model_name"] = name, ["publish"] = true, ["serving"] = new JsonObject { ["url"] = $"{model}predict", ["health_url"] = $"{model}health" } };
        if (await Send(client, HttpMethod.Post, "/v1/model_versions", body) is { } made)
        {
            own.Enqueue((string)made["id"]!);
        }

        if (own.Count > VersionsOfClient)
        {
            await Send(client, HttpMethod.Delete, $"/v1/model_versions/{own.Dequeue()}");
        }
    }

    private async Task Call(HttpClient client, string name)
    {
        await Send(client, HttpMethod.Post, $"/v1/models/{name}/predict", new JsonObject { ["instances"] = new JsonArray(1, 2, 3) });
        Interlocked.Increment(ref _calls);
    }

    /// <summary>Sends a request; its answer, if it was done. What the state of things refuses is no failure.</summary>
    private async Task<JsonNode?> Send(HttpClient client, HttpMethod method, string path, JsonObject? body = null)
    {
        Interlocked.Increment(ref _requests);
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        try
        {
            using var answer = await client.SendAsync(request);
            var code = (int)answer.StatusCode;
            // 503 is what a version says that is starting.
            if (code is >= 400 and not (404 or 409 or 410 or 503))
            {
                Interlocked.Increment(ref _failures);
                Console.WriteLine($"{method} {path}: {code} {await answer.Content.ReadAsStringAsync()}");
            }

            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonNode>() : null;
        }
        catch (HttpRequestException e)
        {
            Interlocked.Increment(ref _failures);
            Console.WriteLine($"{method} {path}: {e.Message}");
            return null;
        }
    }

    /// <summary>Follows all events for a while, and comes again.</summary>
    private async Task Watch(int number, CancellationToken stop)
    {
        using var client = Client(number);
        var last = "0";
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
                request.Headers.Add("Accept", "text/event-stream");
                request.Headers.Add("Last-Event-ID", last);
                using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
                using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
                for (var seen = 0; seen < EventsOfWatcher && await reader.ReadLineAsync(stop) is { } line;)
                {
                    if (line.StartsWith("id: ", StringComparison.Ordinal))
                    {
                        last = line["id: ".Length..];
                        seen++;
                        Interlocked.Increment(ref _events);
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException)
            {
                // The time is up, or the stream was cut.
            }
        }
    }

    private HttpClient Client(int number)
    {
        var client = new HttpClient { BaseAddress = gateways[number % gateways.Length] };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>What a process holds, as Linux tells it.</summary>
    private sealed record Holding(long Mebibytes, long Threads, long Handles, long Sockets)
    {
        public static Holding Of(int process)
        {
            var status = File.ReadLines($"/proc/{process}/status").Select(line => line.Split([':', '\t', ' '], StringSplitOptions.RemoveEmptyEntries)).ToList();
            var handles = Directory.GetFiles($"/proc/{process}/fd");
            return new Holding(Number("VmRSS") / 1024, Number("Threads"), handles.Length, handles.Count(IsSocket));

            long Number(string name) => long.Parse(status.First(words => words[0] == name)[1], CultureInfo.InvariantCulture);
        }

        public static Holding Median(IReadOnlyCollection<Holding> holdings)
        {
            return new Holding(Of(holding => holding.Mebibytes), Of(holding => holding.Threads), Of(holding => holding.Handles), Of(holding => holding.Sockets));

            long Of(Func<Holding, long> what) => holdings.Select(what).Order().ElementAt(holdings.Count / 2);
        }

        public override string ToString() => $"{Mebibytes} MiB, {Threads} threads, {Handles} handles, {Sockets} sockets";

        private static bool IsSocket(string handle)
        {
            try
            {
                return new FileInfo(handle).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) ?? false;
            }
            catch (IOException)
            {
                // Closed meanwhile.
                return false;
            }
        }
    }
}
