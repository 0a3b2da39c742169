using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>Rule L3 with a serving environment over real HTTP, and a node that is killed meanwhile.</summary>
public sealed class ServingTests : IAsyncLifetime
{
    private readonly TestDatabase _database = TestDatabase.Sqlite();
    private readonly ServingEnvironment _environment = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _environment.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task L3_P3_a_start_goes_on_after_a_kill_and_its_claim_is_spent_when_it_is_ready()
    {
        var settings = NodeSettings.On(_database);
        string id;
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var reply = await client.Call(HttpMethod.Post, "/v1/model_versions", Deployment());
            Assert.Equal("starting", (string?)reply.Body!["serving"]!["status"]);
            id = (string)reply.Body!["id"]!;
            await _environment.Probed;
            var model = await client.Read($"/v1/models/{reply.Body["model_id"]}");
            Assert.Null(model["primary"]);
            Assert.Equal(id, (string?)model["pending_primary"]!["version_id"]);
            await process.Kill();
        }

        _environment.Status = HttpStatusCode.OK;
        var (again, second) = await RegistryProcess.Start(settings);
        using (again)
        using (second)
        {
            var version = await second.Read($"/v1/model_versions/{id}?wait=ready&timeout_seconds=60");
            Assert.Equal("ready", (string?)version["serving"]!["status"]);
            Assert.True((bool?)version["is_primary"]);
        }
    }

    [Fact]
    public async Task L3_a_start_that_takes_too_long_fails_says_why_and_can_be_started_again_elsewhere()
    {
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(_database));
        using (process)
        using (client)
        {
            var reply = await client.Call(HttpMethod.Post, "/v1/model_versions", Deployment(startupTimeoutSeconds: 1));
            var path = $"/v1/model_versions/{reply.Body!["id"]}";
            var failed = await client.Read($"{path}?wait=ready&timeout_seconds=60");
            Assert.Equal("failed", (string?)failed["serving"]!["status"]);
            Assert.StartsWith("The health URL answered 503. It was asked ", (string?)failed["serving"]!["message"], StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Conflict, (await client.Call(HttpMethod.Post, $"{path}/promote")).Status);

            _environment.Status = HttpStatusCode.OK;
            var activated = await client.Call(HttpMethod.Post, $"{path}/activate", new JsonObject { ["serving"] = Serving(60) });
            Assert.Equal(HttpStatusCode.OK, activated.Status);
            Assert.Equal("ready", (string?)(await client.Read($"{path}?wait=ready&timeout_seconds=60"))["serving"]!["status"]);
        }
    }

    [Fact]
    public async Task L3_a_health_url_at_an_address_that_is_not_allowed_is_never_asked_and_the_start_says_so()
    {
        var settings = NodeSettings.On(_database) with { Arguments = ["--Registry:Outbound:AllowLoopback=false"] };
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var deployment = Deployment(startupTimeoutSeconds: 1);
            deployment["serving"]!["url"] = "http://127.0.0.1:9/";
            deployment["serving"]!["health_url"] = "http://169.254.169.254/health";
            var refused = await client.Call(HttpMethod.Post, "/v1/model_versions", deployment);
            Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
            Assert.Contains("Registry__Outbound__AllowLoopback", (string?)refused.Body!["errors"]!["serving.url"]![0], StringComparison.Ordinal);
            Assert.Contains("always refused", (string?)refused.Body["errors"]!["serving.health_url"]![0], StringComparison.Ordinal);

            // Where a name leads to is found out by the probe.
            deployment["serving"]!["url"] = "http://localhost:9/";
            deployment["serving"]!["health_url"] = "http://localhost:9/health";
            var reply = await client.Call(HttpMethod.Post, "/v1/model_versions", deployment);

            var failed = await client.Read($"/v1/model_versions/{reply.Body!["id"]}?wait=ready&timeout_seconds=60");

            Assert.Equal("failed", (string?)failed["serving"]!["status"]);
            Assert.Contains("not allowed", (string?)failed["serving"]!["message"], StringComparison.Ordinal);
        }
    }

    private JsonObject Deployment(int startupTimeoutSeconds = 600) => new()
    {
        ["model_name"] = "A model",
        ["publish"] = true,
        ["serving"] = Serving(startupTimeoutSeconds),
    };

    private JsonObject Serving(int startupTimeoutSeconds) => new()
    {
        ["url"] = _environment.Url,
        ["health_url"] = _environment.Url + "health",
        ["startup_timeout_seconds"] = startupTimeoutSeconds,
    };
}

/// <summary>A model's server that answers its health URL as a test says.</summary>
internal sealed class ServingEnvironment : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly TaskCompletionSource _probed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile HttpStatusCode _status = HttpStatusCode.ServiceUnavailable;

    public ServingEnvironment()
    {
        Url = $"http://127.0.0.1:{RegistryProcess.FreePort()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _ = Task.Run(Answer);
    }

    public string Url { get; }

    /// <summary>Completes with the first probe.</summary>
    public Task Probed => _probed.Task;

    public HttpStatusCode Status
    {
        get => _status;
        set => _status = value;
    }

    public void Dispose() => _listener.Close();

    private async Task Answer()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                context.Response.StatusCode = (int)_status;
                context.Response.Close();
                _probed.TrySetResult();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed: the test is over.
        }
    }
}
