using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Whether a version is in use, and waiting until it isn't (rule L2).</summary>
public abstract class TrafficTests(RegistryServer server)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task Calls_are_counted_by_version()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.StatusCode = http.Request.Path == "/fail" ? 500 : http.Request.Path == "/wrong" ? 404 : 200;
            return Task.CompletedTask;
        });
        var name = RegistryDriver.NewName();
        var first = (await _registry.DeployPrimary(name, backend.Serving()))["id"]!;
        var second = (await _registry.DeployPrimary(name, backend.Serving()))["id"]!;
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/predict";

        await IsTraffic(first, 0, 0, isUsed: false);
        await _registry.Post(path + "?version=0.1.0");
        await _registry.Post(path);
        await _registry.Post(path + "/fail");
        await _registry.Post(path + "/wrong");
        (await _registry.Post(path + "?version=9.9.9")).Is(404);
        // Asking about the model is no use of it.
        await _registry.Get($"/v2/models/{RegistryDriver.InPath(name)}/ready");

        await IsTraffic(first, 1, 0);
        await IsTraffic(second, 3, 1);
        (await _registry.Get("/v1/model_versions/0000000000-1/traffic")).IsProblem(404, ErrorCode.VersionNotFound);
        await _registry.Delete($"/v1/model_versions/{first}");
        await IsTraffic(first, 1, 0);
    }

    [Fact]
    public async Task Calls_are_told_by_minute_and_hour_of_one_version_and_of_all_active_ones()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.StatusCode = http.Request.Path == "/fail" ? 500 : 200;
            return Task.CompletedTask;
        });
        var name = RegistryDriver.NewName();
        var model = RegistryDriver.InPath(name);
        var first = (await _registry.DeployPrimary(name, backend.Serving()))["id"]!;
        var second = (await _registry.Deploy(name, backend.Serving()))["id"]!;
        var gone = (await _registry.Deploy(name))["id"]!;
        await _registry.Do("deactivate", gone);
        for (var call = 0; call < 9; call++)
        {
            await _registry.Post($"/v1/models/{model}/predict");
        }

        await _registry.Post($"/v1/models/{model}/predict/fail");

        var traffic = (await _registry.Get($"/v1/model_versions/{first}/traffic")).Is(200);
        foreach (var period in (string[])["minutes", "hours"])
        {
            // A minute or hour may end between two calls.
            var slots = traffic.Body![period]!.AsArray();
            Assert.InRange(slots.Count, 1, 2);
            Assert.Equal((10, 1), (slots.Sum(slot => (int)slot!["calls"]!), slots.Sum(slot => (int)slot!["errors"]!)));
            Assert.All(slots, slot => Assert.InRange((double)slot!["p50"]!, 0.001, (double)slot["p95"]!));
        }

        var all = await _registry.All($"/v1/models/{model}/traffic", pageSize: 1);
        Assert.Equal([second, first], all.Select(item => (string?)item["version_id"]));
        Assert.Equal([false, true], all.Select(item => (bool)item["is_primary"]!));
        Assert.Equal([0, 10], all.Select(item => (int)item["traffic"]!["calls"]!));
        Assert.Empty(all[0]["traffic"]!["minutes"]!.AsArray());
        (await _registry.Get("/v1/models/nothing/traffic")).IsProblem(404, ErrorCode.ModelNotFound);
    }

    [Fact]
    public async Task A_dry_run_says_who_would_be_hit()
    {
        await using var held = await HeldCalls.Start();
        var name = RegistryDriver.NewName();
        var first = (await _registry.DeployPrimary(name, held.Serving()))["id"]!;
        var second = (await _registry.DeployPrimary(name, held.Serving()))["id"]!;
        var call = _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict");
        await held.Arrived(1);

        Reply[] tries =
        [
            (await _registry.Post($"/v1/model_versions/{second}/deactivate?dry_run=true", """{"drain_seconds":5}""")).Is(200),
            (await _registry.Delete($"/v1/model_versions/{second}?dry_run=true")).Is(200),
        ];
        foreach (var tried in tries)
        {
            Assert.Equal(("1", "1", "1"), (tried["traffic.calls"], tried["traffic.last_minute"], tried["traffic.in_flight"]));
            Assert.Equal((second, first), (tried["primary_change.from"], tried["primary_change.to"]));
            Assert.Null(tried["in_flight_left"]);
        }

        held.Release();
        (await call).Is(200);
    }

    [Fact]
    public async Task L2_a_drain_waits_for_the_calls_that_were_admitted_before_and_for_no_others()
    {
        await using var held = await HeldCalls.Start();
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/predict";
        var first = (await _registry.DeployPrimary(name, held.Serving("/first")))["id"]!;
        var before = Enumerable.Range(0, 3).Select(_ => _registry.Post(path)).ToList();
        await held.Arrived(3);
        await _registry.DeployPrimary(name, held.Serving("/second"));
        before.Add(_registry.Post(path));
        await held.Arrived(4);

        var draining = _registry.Do("deactivate", first, """{"drain_seconds":60}""");
        // The version is stopped at once, while the answer waits.
        while ((await _registry.Get($"/v1/model_versions/{first}"))["state"] != "inactive")
        {
            await Task.Yield();
        }

        (await _registry.Post($"{path}?version=0.1.0")).IsProblem(409, ErrorCode.VersionInactive);
        Assert.False(draining.IsCompleted);

        held.Release("/first");
        var drained = (await draining.WaitAsync(Patience)).Is(200);
        Assert.Equal(("inactive", "0"), (drained["version.state"], drained["in_flight_left"]));
        // The other version's call still runs.
        Assert.False(before[3].IsCompleted);
        held.Release("/second");
        Assert.All(await Task.WhenAll(before), answer => answer.Is(200));
    }

    [Fact]
    public async Task L2_a_drain_whose_time_is_up_says_how_many_calls_are_left()
    {
        await using var held = await HeldCalls.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, held.Serving()))["id"]!;
        var calls = Enumerable.Range(0, 2).Select(_ => _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict")).ToList();
        await held.Arrived(2);

        var deactivated = (await _registry.Do("deactivate", id, """{"drain_seconds":0}""")).Is(200);
        Assert.Equal("2", deactivated["in_flight_left"]);
        var deleted = (await _registry.Delete($"/v1/model_versions/{id}?drain_seconds=1")).Is(200);
        Assert.Equal("2", deleted["in_flight_left"]);
        Assert.Equal("2", (await _registry.Get($"/v1/model_versions/{id}/traffic"))["in_flight"]);

        held.Release();
        Assert.All(await Task.WhenAll(calls), answer => answer.Is(200));
        Assert.Equal("0", (await _registry.Get($"/v1/model_versions/{id}/traffic"))["in_flight"]);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("3601")]
    [InlineData("soon")]
    [InlineData("1&drain_seconds=1")]
    public async Task A_drain_is_a_number_of_seconds(string seconds)
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName()))["id"]!;

        (await _registry.Delete($"/v1/model_versions/{id}?drain_seconds={seconds}")).IsInvalid("drain_seconds");
        Assert.Equal("draft", (await _registry.Get($"/v1/model_versions/{id}"))["state"]);
    }

    [Fact]
    public async Task What_stops_a_version_stands_in_the_body_of_deactivate_and_in_the_query_of_DELETE_and_nowhere_twice()
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName()))["id"]!;

        foreach (var parameter in (string[])["drain_seconds=1", "promote_to=x", "refuse_if_primary=true"])
        {
            (await _registry.Post($"/v1/model_versions/{id}/deactivate?{parameter}")).IsInvalid(parameter.Split('=')[0]);
        }

        (await _registry.Send("DELETE", $"/v1/model_versions/{id}", """{"drain_seconds":1}""", "application/json")).IsInvalid("body");
        Assert.Equal("draft", (await _registry.Get($"/v1/model_versions/{id}"))["state"]);
        Assert.Equal("0", (await _registry.Do("deactivate", id, """{"drain_seconds":1,"refuse_if_primary":true}""")).Is(200)["in_flight_left"]);
        Assert.Equal("0", (await _registry.Delete($"/v1/model_versions/{id}?drain_seconds=1&refuse_if_primary=true")).Is(200)["in_flight_left"]);
    }

    private async Task IsTraffic(string id, int calls, int errors, bool isUsed = true)
    {
        var traffic = (await _registry.Get($"/v1/model_versions/{id}/traffic")).Is(200);

        Assert.Equal(
            ($"{calls}", $"{errors}", $"{calls}", "0", isUsed),
            (traffic["calls"], traffic["errors"], traffic["last_minute"], traffic["in_flight"], traffic["last_call_at"] is not null));
    }

    /// <summary>A model's server that holds every call until its path is released.</summary>
    private sealed class HeldCalls : IAsyncDisposable
    {
        private readonly SemaphoreSlim _arrived = new(0);
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();
        private Backend _backend = null!;
        private int _seen;

        /// <summary>The serving spec of a version whose calls are held together.</summary>
        public string Serving(string path = "/all") => _backend.Serving(path);

        public static async Task<HeldCalls> Start()
        {
            var held = new HeldCalls();
            held._backend = await Backend.Start(async http =>
            {
                held._arrived.Release();
                await held.Gate(http.Request.Path).Task.WaitAsync(Patience);
                await http.Response.WriteAsync("done");
            });
            return held;
        }

        /// <summary>Waits until that many calls have come in all.</summary>
        public async Task Arrived(int count)
        {
            for (; _seen < count; _seen++)
            {
                Assert.True(await _arrived.WaitAsync(Patience));
            }
        }

        public void Release(string path = "/all") => Gate(path).TrySetResult();

        public async ValueTask DisposeAsync()
        {
            await _backend.DisposeAsync();
            _arrived.Dispose();
        }

        private TaskCompletionSource Gate(string path) =>
            _gates.GetOrAdd(path, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}

[Collection(OnSqlite.Name)]
public sealed class TrafficOnSqliteTests(SqliteServer server) : TrafficTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class TrafficOnPostgresTests(PostgresServer server) : TrafficTests(server);
