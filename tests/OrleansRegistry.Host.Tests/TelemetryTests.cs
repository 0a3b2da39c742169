using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>What a node exports over OTLP, to a collector that the test plays.</summary>
public sealed partial class TelemetryTests
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Metrics_of_the_registry_of_Orleans_and_of_the_server_arrive_at_a_collector()
    {
        await using var database = TestDatabase.Sqlite();
        await using var collector = await Collector.Start();
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(database) with
        {
            Environment = new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
            },
        });
        using (process)
        using (client)
        {
            await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" });
            client.DefaultRequestHeaders.Authorization = null;
            await client.Call(HttpMethod.Get, "/v1/models");

            foreach (var name in (string[])["orleans_registry.commit.duration", "orleans_registry.auth.refused", "orleans-catalog-activations", "http.server.request.duration", "dotnet.process.memory.working_set"])
            {
                await collector.Receive(Encoding.UTF8.GetBytes(name)).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);
            }

            // A commit takes milliseconds, and the metric counts seconds: without bounds of its own it would tell nothing.
            byte[] bounds = [.. ((double[])[0.001, 0.0025, 0.005, 0.01, 0.025]).SelectMany(BitConverter.GetBytes)];
            await collector.Receive(bounds).WaitAsync(WaitTimeout, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_callers_baggage_is_passed_on_as_it_was_sent_while_traces_are_exported()
    {
        await using var database = TestDatabase.Sqlite();
        await using var collector = await Collector.Start();
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(database) with
        {
            Arguments = ["--Registry:Outbound:AllowLoopback=true"],
            Environment = new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            },
        });
        using (process)
        using (client)
        {
            await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
            {
                ["model_name"] = "m",
                ["publish"] = true,
                ["serving"] = new JsonObject { ["url"] = collector.Address + "/model" },
            });
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/models/m/predict");
            request.Headers.TryAddWithoutValidation("baggage", "a=1,broken,b=2;prop=1;p2");
            request.Headers.TryAddWithoutValidation("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

            using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

            var seen = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split(' ');
            Assert.Equal("a=1,broken,b=2;prop=1;p2", seen[0]);
            Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", seen[1], StringComparison.Ordinal);
            Assert.DoesNotContain("b7ad6b7169203331", seen[1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Operators_are_told_what_each_metric_of_the_registry_means()
    {
        var told = File.ReadAllText(Path.Combine(RepositoryRoot.Directory, "docs", "operations.md"));
        var names = Directory.GetFiles(Path.Combine(RepositoryRoot.Directory, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Instrument().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["name"].Value)
            .ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.StartsWith("orleans_registry.", name, StringComparison.Ordinal));
        Assert.All(names, name => Assert.Contains($"`{name}`", told, StringComparison.Ordinal));
    }

    [GeneratedRegex("""Create(?:Counter|UpDownCounter|Histogram|Gauge|Observable\w+)(?:<\w+>)?\(\s*"(?<name>[^"]+)""")]
    private static partial Regex Instrument();

    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        private readonly List<(byte[] Text, TaskCompletionSource Received)> _awaited = [];
        private readonly List<byte[]> _bodies = [];

        public string Address => app.Urls.Single();

        public static async Task<Collector> Start()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            var collector = new Collector(app);
            app.MapPost("/v1/{signal}", async (HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                collector.Take(body.ToArray());
            });
            app.MapPost("/model", (HttpRequest request) => $"{request.Headers["baggage"]} {request.Headers.TraceParent}");
            await app.StartAsync();
            return collector;
        }

        /// <summary>Waits until a body has held some bytes.</summary>
        public Task Receive(byte[] text)
        {
            lock (_bodies)
            {
                var received = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited.Add((text, received));
                Announce();
                return received.Task;
            }
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private void Take(byte[] body)
        {
            lock (_bodies)
            {
                _bodies.Add(body);
                Announce();
            }
        }

        private void Announce() =>
            _awaited.RemoveAll(awaited => _bodies.Exists(body => body.AsSpan().IndexOf(awaited.Text) >= 0) && awaited.Received.TrySetResult());
    }
}
