using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Limits;

/// <summary>What a key and a workspace may have open, on a node where that is little.</summary>
public sealed class OpenLimitTests(OpenLimitTests.Server server) : IClassFixture<OpenLimitTests.Server>
{
    private const int PerKey = 2;
    private const int PerWorkspace = 3;

    [Fact]
    public async Task Q3_a_key_and_a_workspace_have_so_many_streams_and_waits_open_and_another_workspace_its_own()
    {
        var tenant = await server.NewTenant();
        var first = server.DriverOf(tenant.Key);
        var second = await tenant.NewKey();
        var id = (await first.DeployPrimary("m"))["id"]!;
        List<HttpResponseMessage> open = [];
        for (var i = 0; i < PerKey; i++)
        {
            open.Add(await Watch(tenant.Key, "/v1/events"));
        }

        foreach (var refused in (Reply[])
            [
                await first.Get("/v1/models/m/events", ("Accept", "text/event-stream")),
                await first.Get($"/v1/model_versions/{id}?wait=ready"),
                await first.Do("deactivate", id, """{"drain_seconds":1}"""),
                await first.Delete($"/v1/model_versions/{id}?drain_seconds=1"),
            ])
        {
            AssertNames(refused.IsProblem(429, ErrorCode.RateLimited), "OpenStreamsPerKey");
        }

        (await first.Get("/v1/events")).Is(200);
        Assert.Equal("published", (await first.Get($"/v1/model_versions/{id}")).Is(200)["state"]);
        open.Add(await Watch(second, $"/v1/model_versions/{id}/events"));
        AssertNames((await server.DriverOf(second).Get("/v1/events", ("Accept", "text/event-stream"))).IsProblem(429, ErrorCode.RateLimited), "OpenStreamsPerWorkspace");
        open.Add(await Watch((await server.NewTenant()).Key, "/v1/events"));

        open.ForEach(stream => stream.Dispose());
        // The server notices in its own time.
        while ((await first.Get($"/v1/model_versions/{id}?wait=ready")).Status == 429)
        {
        }
    }

    [Fact]
    public async Task Q3_a_key_and_a_workspace_have_so_many_calls_open_and_another_workspace_its_own()
    {
        await using var gate = await Gate.Start();
        var tenant = await server.NewTenant();
        var first = server.DriverOf(tenant.Key);
        var second = server.DriverOf(await tenant.NewKey());
        await first.DeployPrimary("m", gate.Serving);
        var other = server.DriverOf((await server.NewTenant()).Key);
        await other.DeployPrimary("m", gate.Serving);

        List<Task<Reply>> open = [first.Post("/v1/models/m/predict", "{}"), first.Get("/v2/models/m/ready")];
        await gate.Arrived(open.Count);
        AssertNames((await first.Post("/v1/completions", """{"model":"m"}""")).IsProblem(429, ErrorCode.RateLimited), "OpenCallsPerKey");
        open.Add(second.Post("/v1/models/m/predict", "{}"));
        await gate.Arrived(1);
        AssertNames((await second.Post("/v1/models/m/predict", "{}")).IsProblem(429, ErrorCode.RateLimited), "OpenCallsPerWorkspace");
        open.Add(other.Post("/v1/models/m/predict", "{}"));
        await gate.Arrived(1);
        (await first.Get("/v1/models/m/resolve")).Is(200);

        gate.Open();
        Assert.All(await Task.WhenAll(open), reply => reply.Is(200));
        (await first.Post("/v1/models/m/predict", "{}")).Is(200);
    }

    [Fact]
    public async Task Q3_a_key_has_so_many_commands_open_and_another_its_own()
    {
        var tenant = await server.NewTenant();
        var first = server.DriverOf(tenant.Key);
        List<Stream> open = [];
        try
        {
            for (var i = 0; i < PerKey; i++)
            {
                open.Add(await server.ConnectFrom("127.0.0.1"));
                await open[i].WriteAsync(
                    Encoding.ASCII.GetBytes(
                        $"""
                        POST /v1/model_versions HTTP/1.1
                        Host: localhost
                        Authorization: Bearer {tenant.Key}
                        Content-Type: application/json
                        Content-Length: 18
                        Expect: 100-continue


                        """.ReplaceLineEndings("\r\n")),
                    TestContext.Current.CancellationToken);
                Assert.Equal("HTTP/1.1 100 Continue", await ReadLine(open[i]));
            }

            AssertNames((await first.TryDeploy("n")).IsProblem(429, ErrorCode.RateLimited), "OpenCommandsPerKey");
            AssertNames((await first.Patch("/v1/models/n", "{}")).IsProblem(429, ErrorCode.RateLimited), "OpenCommandsPerKey");
            (await first.Get("/v1/models")).Is(200);
            await server.DriverOf(await tenant.NewKey()).Deploy("n");

            foreach (var command in open)
            {
                await command.WriteAsync("""{"model_name":"n"}"""u8.ToArray(), TestContext.Current.CancellationToken);
                Assert.Equal("", await ReadLine(command));
                Assert.Equal("HTTP/1.1 201 Created", await ReadLine(command));
            }
        }
        finally
        {
            open.ForEach(command => command.Dispose());
        }

        await first.Deploy("n");
    }

    private static async Task<string> ReadLine(Stream connection)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await connection.ReadAsync(one, TestContext.Current.CancellationToken) == 1 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString().TrimEnd('\r');
    }

    private static void AssertNames(Reply reply, string setting)
    {
        Assert.Contains(setting, reply["detail"], StringComparison.Ordinal);
        Assert.Equal("1", reply.Header("Retry-After"));
    }

    private async Task<HttpResponseMessage> Watch(string key, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, path));
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Authorization = new("Bearer", key);
        var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        return response;
    }

    /// <summary>A model's server that answers nobody until it is opened.</summary>
    [SuppressMessage("Usage", "CA2213", Justification = "Disposed of at the end of the test.")]
    private sealed class Gate : IAsyncDisposable
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _arrived = new(0);
        private Backend _backend = null!;

        public string Serving => _backend.Serving();

        public static async Task<Gate> Start()
        {
            var gate = new Gate();
            gate._backend = await Backend.Start(async _ =>
            {
                gate._arrived.Release();
                await gate._open.Task;
            });
            return gate;
        }

        public async Task Arrived(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await _arrived.WaitAsync(TestContext.Current.CancellationToken);
            }
        }

        public void Open() => _open.TrySetResult();

        public async ValueTask DisposeAsync()
        {
            Open();
            await _backend.DisposeAsync();
            _arrived.Dispose();
        }
    }

    /// <summary>A node where little may be open.</summary>
    public sealed class Server : SqliteServer
    {
        protected override IReadOnlyList<string> Settings =>
        [
            $"--Registry:Limits:OpenCallsPerKey={PerKey}",
            $"--Registry:Limits:OpenCallsPerWorkspace={PerWorkspace}",
            $"--Registry:Limits:OpenStreamsPerKey={PerKey}",
            $"--Registry:Limits:OpenStreamsPerWorkspace={PerWorkspace}",
            $"--Registry:Limits:OpenCommandsPerKey={PerKey}",
        ];
    }
}
