using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Models;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>The health of versions on a real silo: probes, evidence of calls, and marks.</summary>
public abstract class HealthTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    private const int Patience = 60_000;
    private const int FallBackSeconds = 600;

    private readonly PlayedHealth _health = new();
    private readonly Guard _guard = new();

    [Fact(Timeout = Patience)]
    public async Task HV1_HV2_HV3_probes_mark_a_version_whose_servers_are_down_and_the_primary_stays()
    {
        var version = await DeployProbed("a", "b");
        _health.IsDown["a"] = true;
        await Until(async () => await Down(version) is ["http://a"]);
        var resolved = (await Silo.Model(version.ModelId).Resolve(null)).Value!;
        Assert.Equal(["http://a"], resolved.Down);
        Assert.Equal(("http://b", true), (resolved.ServingUrl, resolved.IsDoubted));
        Assert.Null((await Version(version.Id)).Serving!.Health);

        _health.IsDown["b"] = true;
        await Until(async () => (await Version(version.Id)).Serving!.Health == VersionHealth.Unhealthy);
        Assert.Equal(version.Id, (await Silo.Model(version.ModelId).Resolve(null)).Value!.VersionId);
        Assert.Equal(ServingStatus.Ready, (await Version(version.Id)).Serving!.Status);

        _health.IsDown["b"] = false;
        Silo.Clock.Move(HealthRules.MinInterval);
        await Until(async () => (await Version(version.Id)).Serving!.Health is null);
        Assert.Equal(["http://a"], await Down(version));
        Assert.Equal([EventType.VersionUnhealthy, EventType.VersionHealthy], await Marks(version));
        var marked = await Silo.Catalog.ListEvents("default", new EventFilter { ModelId = version.ModelId }, 1000, default);
        Assert.Equal("servers_down", marked.Single(happened => happened.Type == EventType.VersionUnhealthy).Data.GetProperty("reason").GetString());
        Assert.Single(await EventTypes(version.ModelId), type => type == EventType.PrimaryChanged);
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV2_calls_that_succeed_outweigh_probes_whose_network_is_cut()
    {
        var version = await DeployProbed("a");
        _health.IsDown["a"] = true;
        var asked = _health.Asked;
        while (_health.Asked < asked + 8)
        {
            await Observe(version, succeeded: "http://a");
        }

        Assert.Equal([], await Down(version));
        Assert.Empty(await Marks(version));
    }

    [Fact(Timeout = Patience)]
    public async Task HV3_calls_that_can_not_be_begun_mark_a_version_that_nobody_asks()
    {
        var version = await Deploy("A model", deploy => deploy with { Publish = true, Serving = new ServingSpec { Url = "http://a" } });
        await Observe(version, notBegun: 9);
        Assert.True((await Silo.Model(version.ModelId).Resolve(null)).Value!.IsDoubted);
        Silo.Clock.Move(ObservedHealth.Window);
        await Observe(version, notBegun: 10);
        await Until(async () => await Marks(version) is [EventType.VersionUnhealthy]);
        Assert.Null(await Silo.Model(version.ModelId).GetHealth(1));

        Silo.Clock.Move(HealthRules.MinInterval);
        await Observe(version, succeeded: "http://a");
        await Until(async () => await Marks(version) is [_, EventType.VersionHealthy]);
        await Until(async () => (await Silo.Model(version.ModelId).Resolve(null)).Value is { IsDoubted: false });
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV1_what_a_gateway_tells_a_model_that_was_not_in_memory_counts()
    {
        var version = await Deploy("A model", deploy => deploy with { Publish = true, Serving = new ServingSpec { Url = "http://a" } });
        await Restart();
        await Observe(version, notBegun: 1);
        await Until(async () => (await Silo.Model(version.ModelId).Resolve(null)).Value!.IsDoubted);
    }

    [Fact(Timeout = Patience)]
    public async Task HV3_commands_move_the_primary_to_an_unhealthy_version_only_with_force()
    {
        var version = await DeployProbed("a");
        _health.IsDown["a"] = true;
        await Until(async () => await Marks(version) is [EventType.VersionUnhealthy]);
        var model = Silo.Model(version.ModelId);
        var other = await Deploy("A model", deploy => deploy with { Publish = true, Promote = true });

        Assert.Equal(ErrorCode.VersionUnhealthy, (await model.Promote(PromoteOf(version))).Error?.Code);
        Assert.Equal(ErrorCode.VersionUnhealthy, (await model.Publish(new PublishCommand { Context = Silo.Command(), Ordinal = 1, Promote = true })).Error?.Code);
        Assert.Equal(ErrorCode.VersionUnhealthy, (await model.Rollback(new RollbackCommand { Context = Silo.Command() })).Error?.Code);
        Assert.Equal(ErrorCode.VersionUnhealthy, (await model.Deactivate(DeactivateOf(other) with { PromoteTo = version.Id })).Error?.Code);
        Assert.Equal(ErrorCode.VersionUnhealthy, (await model.Delete(DeleteOf(other) with { PromoteTo = version.Id })).Error?.Code);
        Assert.Equal(version.Id, (await model.Delete(DeleteOf(other) with { PromoteTo = version.Id, Force = true })).Value!.PrimaryChange!.To);
        Assert.Null((await model.Promote(PromoteOf(version))).Error);
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV7_a_mark_survives_the_silo_and_nothing_is_down_before_three_new_probes()
    {
        var version = await DeployProbed("a");
        _health.IsDown["a"] = true;
        await Until(async () => await Marks(version) is [EventType.VersionUnhealthy]);

        await RestartWith(Play);
        var asked = _health.Asked;
        Assert.True((await Silo.Model(version.ModelId).Resolve(null)).Value!.IsDoubted);
        await Until(() =>
        {
            var probes = _health.Asked - asked;
            return Task.FromResult(probes >= 2);
        });
        var down = await Down(version);
        Assert.True(down.Count == 0 || _health.Asked - asked >= ServerHealth.MaxFailures, "It was down too soon.");
        await Until(async () => await Down(version) is ["http://a"]);
        Assert.Equal([EventType.VersionUnhealthy], await Marks(version));
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV1_a_model_that_nobody_calls_for_fifteen_minutes_is_not_asked_until_the_next_call()
    {
        var version = await DeployProbed("a");
        await Until(() => Task.FromResult(_health.Asked > 2));
        Assert.NotNull(await Silo.Model(version.ModelId).GetHealth(1));

        Silo.Clock.Move(TimeSpan.FromMinutes(15));
        Assert.Null(await Silo.Model(version.ModelId).GetHealth(1));
        await Silo.Model(version.ModelId).Resolve(null);
        Assert.NotNull(await Silo.Model(version.ModelId).GetHealth(1));
        var asked = _health.Asked;
        await Until(() => Task.FromResult(_health.Asked > asked + 1));
    }

    [Fact(Timeout = Patience)]
    public async Task HV7_a_mark_of_an_earlier_start_is_dropped()
    {
        var version = await DeployProbed("a");
        var model = Silo.Model(version.ModelId);
        await model.Deactivate(DeactivateOf(version));
        await model.Activate(new ActivateCommand { Context = Silo.Command(), Ordinal = 1 });
        await Until(async () => (await Version(version.Id)).Serving!.Status == ServingStatus.Ready);

        await Silo.Grains.GetGrain<IModelServing>(GrainKeys.Model(Workspace, version.ModelId)).Mark(1, new HealthReport(1, UnhealthyBecause.ServersDown));
        await model.Observe(1, new CallSigns { Attempt = 1, NotBegun = 100 });
        await model.PatchModel(new PatchModelCommand { Context = Silo.Command(), Description = "after it" });
        Assert.Empty(await Marks(version));
        Assert.False((await model.Resolve(null)).Value!.IsDoubted);

        await Silo.Grains.GetGrain<IModelServing>(GrainKeys.Model(Workspace, version.ModelId)).Mark(1, new HealthReport(2, UnhealthyBecause.ServersDown));
        await Until(async () => await Marks(version) is [EventType.VersionUnhealthy]);
    }

    [Fact(Timeout = Patience)]
    public async Task E1_HV7_a_mark_is_stored_once_or_not_at_all()
    {
        var version = await DeployProbed("a");
        _health.IsDown["a"] = true;
        var tries = 0;
        Silo.Storage.BeforeWrite = kind =>
        {
            Interlocked.Increment(ref tries);
            return Fail(kind);
        };
        await Until(() => Task.FromResult(Volatile.Read(ref tries) > 1));
        Assert.Empty(await Marks(version));

        Silo.Storage.AfterWrite = Fail;
        Silo.Storage.BeforeWrite = null;
        await Until(async () => await Marks(version) is [EventType.VersionUnhealthy]);
        Silo.Storage.AfterWrite = null;
        _health.IsDown["a"] = false;
        Silo.Clock.Move(HealthRules.MinInterval);
        await Until(async () => await Marks(version) is [_, EventType.VersionHealthy]);
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV7_a_mark_that_the_silo_refuses_to_run_is_given_again()
    {
        var version = await DeployProbed("a");
        _guard.Refuses = nameof(IModelServing.Mark);
        _health.IsDown["a"] = true;
        await Until(() => Task.FromResult(_guard.Refused > 0));
        _guard.Refuses = null;
        Assert.Empty(await Marks(version));

        Silo.Clock.Move(TimeSpan.FromSeconds(10));
        await Until(async () => await Marks(version) is [EventType.VersionUnhealthy]);
        Assert.Equal(1, _guard.Refused);
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task L3_a_result_that_the_silo_refuses_to_take_is_told_again()
    {
        await RestartWith(Play);
        _guard.Refuses = nameof(IModelServing.ReportProbe);
        var version = await Deploy("A model", deploy => deploy with { Serving = new ServingSpec { Url = "http://a", HealthUrl = "http://a/health" } });
        await Until(() => Task.FromResult(_guard.Refused > 0));
        _guard.Refuses = null;

        Silo.Clock.Move(TimeSpan.FromMinutes(1));
        await Until(async () => (await Version(version.Id)).Serving!.Status == ServingStatus.Ready);
        Assert.Equal(1, _guard.Refused);
    }

    [Fact(Timeout = Patience)]
    public async Task HV2_SV3_a_server_that_is_not_asked_any_more_is_not_down_for_ever()
    {
        var version = await DeployProbed("a", "b");
        _health.IsDown["a"] = true;
        await Until(async () => await Down(version) is ["http://a"]);
        var command = new PutServersCommand
        {
            Context = Silo.Command(dryRun: true),
            Ordinal = 1,
            Servers = [new ServingServer { Url = "http://a" }, new ServingServer { Url = "http://b", HealthUrl = "http://b/health" }],
        };
        Assert.True((await Silo.Model(version.ModelId).PutServers(command)).Value!.Changed);
        Assert.Equal(["http://a"], await Down(version));

        Assert.True((await Silo.Model(version.ModelId).PutServers(command with { Context = Silo.Command() })).Value!.Changed);
        Assert.Equal([], await Down(version));
        var resolved = (await Silo.Model(version.ModelId).Resolve(null)).Value!;
        Assert.Equal(("http://a", null, false), (resolved.ServingUrl, resolved.Down, resolved.IsDoubted));
    }

    [Fact(Timeout = Patience)]
    public async Task HV1_HV4_a_primary_is_asked_without_a_caller_and_left_when_it_was_unhealthy_for_so_long()
    {
        var (well, sick) = await DeployGuarded();
        Silo.Clock.Move(TimeSpan.FromMinutes(15));
        _health.IsDown["a"] = true;
        await Until(async () => await Marks(sick) is [EventType.VersionUnhealthy]);
        Assert.Equal(sick.Id, await Primary(sick));

        Silo.Clock.Move(TimeSpan.FromSeconds(FallBackSeconds));
        await Until(async () => await Primary(sick) == well.Id);
        var moves = await Moves(sick);
        Assert.Equal(("fallback", "system", well.Id, sick.Id), moves[^1]);

        _health.IsDown["a"] = false;
        var asked = _health.Asked;
        await Silo.Model(sick.ModelId).Resolve(null);
        await Until(async () => await Marks(sick) is [_, EventType.VersionHealthy]);
        Assert.True(_health.Asked > asked);
        Assert.Equal(moves, await Moves(sick));
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV4_another_silo_goes_on_with_the_wait_without_a_caller()
    {
        var (well, sick) = await DeployGuarded();
        _health.IsDown["a"] = true;
        await Until(async () => await Marks(sick) is [EventType.VersionUnhealthy]);

        await RestartWith(Later(TimeSpan.FromSeconds(FallBackSeconds)));
        await Until(async () => await Primary(sick) == well.Id);
        Assert.Equal([EventType.VersionUnhealthy], await Marks(sick));
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV4_nothing_moves_while_no_version_answers()
    {
        var other = await DeployProbed("b");
        var sick = await DeployProbed("a");
        await Silo.Model(sick.ModelId).PatchModel(
            new PatchModelCommand { Context = Silo.Command(), OnUnhealthy = OnUnhealthy.FallBack, FallBackSeconds = FallBackSeconds });
        // Nobody calls the model: only the primary is asked until it is unhealthy.
        Silo.Clock.Move(TimeSpan.FromMinutes(15));
        (_health.IsDown["a"], _health.IsDown["b"]) = (true, true);
        await Until(async () => await Marks(sick) is [EventType.VersionUnhealthy]);
        Silo.Clock.Move(TimeSpan.FromSeconds(FallBackSeconds));

        await Until(async () => await Marks(other) is [EventType.VersionUnhealthy]);
        Assert.Equal(sick.Id, await Primary(sick));

        _health.IsDown["b"] = false;
        await Until(async () => await Primary(sick) == other.Id);
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV4_a_primary_that_came_back_while_nobody_looked_is_not_left()
    {
        var (_, primary) = await DeployGuarded();
        _health.IsDown["a"] = true;
        await Until(async () => await Marks(primary) is [EventType.VersionUnhealthy]);

        _health.IsDown["a"] = false;
        await RestartWith(Later(TimeSpan.FromSeconds(FallBackSeconds)));

        await Until(async () => await Marks(primary) is [_, EventType.VersionHealthy]);
        Assert.Equal(primary.Id, await Primary(primary));
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task E1_HV4_the_move_is_stored_once_or_not_at_all()
    {
        var (well, sick) = await DeployGuarded();
        _health.IsDown["a"] = true;
        await Until(async () => await Marks(sick) is [EventType.VersionUnhealthy]);
        var tries = 0;
        Silo.Storage.BeforeWrite = kind =>
        {
            Interlocked.Increment(ref tries);
            return Fail(kind);
        };
        Silo.Clock.Move(TimeSpan.FromSeconds(FallBackSeconds));
        await Until(() => Task.FromResult(Volatile.Read(ref tries) > 1));
        Assert.Equal(sick.Id, await Primary(sick));

        var before = (await Moves(sick)).Count;
        Silo.Storage.AfterWrite = Fail;
        Silo.Storage.BeforeWrite = null;
        await Until(async () => await Primary(sick) == well.Id);
        Silo.Storage.AfterWrite = null;
        Assert.Null((await Silo.Model(sick.ModelId).PatchModel(new PatchModelCommand { Context = Silo.Command(), Description = "after it" })).Error);
        Assert.Equal(before + 1, (await Moves(sick)).Count);
        Assert.Equal(well.Id, (await Silo.Model(sick.ModelId).Resolve(null)).Value!.VersionId);
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV4_a_move_that_the_silo_refuses_to_run_is_tried_again()
    {
        var (well, sick) = await DeployGuarded();
        _guard.Refuses = nameof(IModelServing.FallBack);
        _health.IsDown["a"] = true;
        await Until(() => Task.FromResult(_guard.Refused > 0));
        _guard.Refuses = null;
        Assert.Equal(sick.Id, await Primary(sick));

        Silo.Clock.Move(TimeSpan.FromSeconds(FallBackSeconds));
        await Until(async () => await Primary(sick) == well.Id);
        Assert.Equal(1, _guard.Refused);
        await AssertAgreement();
    }

    [Fact(Timeout = Patience)]
    public async Task HV4_it_stays_where_the_model_does_not_say_that_it_falls_back()
    {
        var (_, sick) = await DeployGuarded(OnUnhealthy.Stay);
        _health.IsDown["a"] = true;
        await Until(async () => await Marks(sick) is [EventType.VersionUnhealthy]);
        Silo.Clock.Move(TimeSpan.FromHours(1));
        var serving = Silo.Grains.GetGrain<IModelServing>(GrainKeys.Model(Workspace, sick.ModelId));
        await serving.FallBack(OrdinalOf(sick));
        await Silo.Model(sick.ModelId).PatchModel(new PatchModelCommand { Context = Silo.Command(), Description = "after it" });
        Assert.Equal(sick.Id, await Primary(sick));

        // Of a version that is not primary any more there is nothing to leave.
        await Silo.Model(sick.ModelId).PatchModel(new PatchModelCommand { Context = Silo.Command(), OnUnhealthy = OnUnhealthy.FallBack });
        await Until(async () => await Primary(sick) != sick.Id);
        await serving.FallBack(OrdinalOf(sick));
        await Silo.Model(sick.ModelId).PatchModel(new PatchModelCommand { Context = Silo.Command(), Description = "and again" });
        Assert.Equal(3, (await Moves(sick)).Count);
        await AssertAgreement();
    }

    private static Task Fail(string kind) => Task.FromException(new IOException($"The {kind} row is out of reach."));

    private PromoteCommand PromoteOf(VersionView version) => new() { Context = Silo.Command(), Ordinal = OrdinalOf(version) };

    /// <summary>A version that nobody asks, and the primary, whose server is <c>a</c>; by default the model falls back.</summary>
    private async Task<(VersionView Well, VersionView Primary)> DeployGuarded(OnUnhealthy onUnhealthy = OnUnhealthy.FallBack)
    {
        var well = await Deploy("A model", deploy => deploy with { Publish = true, Serving = new ServingSpec { Url = "http://well" } });
        var primary = await DeployProbed("a");
        var patched = await Silo.Model(well.ModelId).PatchModel(
            new PatchModelCommand { Context = Silo.Command(), OnUnhealthy = onUnhealthy, FallBackSeconds = FallBackSeconds });
        Assert.Equal((onUnhealthy, FallBackSeconds), (patched.Value!.OnUnhealthy, patched.Value.FallBackSeconds));
        Assert.Equal(primary.Id, await Primary(primary));
        return (well, primary);
    }

    /// <summary>Has a silo start so much later.</summary>
    private Action<IServiceCollection> Later(TimeSpan by) => services =>
    {
        Play(services);
        services.AddSingleton(_ =>
        {
            var clock = new OffsetClock();
            clock.Move(by);
            return clock;
        });
    };

    private async Task<string?> Primary(VersionView version) => (await Model(version.ModelId)).Primary?.VersionId;

    private async Task<IReadOnlyList<(string?, string, string?, string?)>> Moves(VersionView version) =>
    [
        .. (await Silo.Catalog.ListEvents("default", new EventFilter { ModelId = version.ModelId, Types = [EventType.PrimaryChanged] }, 1000, default)).Select(
            move => (move.Data.GetProperty("reason").GetString(), move.Actor, move.Data.GetProperty("to").GetString(), move.Data.GetProperty("from").GetString())),
    ];

    private async Task<VersionView> DeployProbed(params string[] names)
    {
        await RestartWith(Play);
        var version = await Deploy("A model", deploy => deploy with
        {
            Publish = true,
            Serving = new ServingSpec
            {
                Servers = [.. names.Select(name => new ServingServer { Url = $"http://{name}", HealthUrl = $"http://{name}/health" })],
                MinReady = names.Length,
                ProbeSeconds = 1,
            }.WithFirst(),
        });
        await Until(async () => (await Version(version.Id)).Serving!.Status == ServingStatus.Ready);
        return version;
    }

    private void Play(IServiceCollection services) =>
        services.AddSingleton<IHealthProbe>(_health).AddSingleton<IIncomingGrainCallFilter>(_guard);

    private async Task<IReadOnlyList<string>> Down(VersionView version) =>
        [.. (await Silo.Model(version.ModelId).GetHealth(1))?.Down.Select(server => server.Url) ?? ["nobody asks"]];

    private async Task<IReadOnlyList<string>> Marks(VersionView version) =>
        [.. (await EventTypes(version.ModelId)).Where(type => type is EventType.VersionUnhealthy or EventType.VersionHealthy)];

    private Task Observe(VersionView version, int notBegun = 0, params string[] succeeded) =>
        Silo.Model(version.ModelId).Observe(1, new CallSigns { Attempt = 1, NotBegun = notBegun, Succeeded = succeeded });

    private static async Task Until(Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Refuses calls to a method of grains, as a silo does without its lease or the right time.</summary>
    private sealed class Guard : IIncomingGrainCallFilter
    {
        private int _refused;

        public string? Refuses { get; set; }

        public int Refused => Volatile.Read(ref _refused);

        public Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.MethodName != Refuses)
            {
                return context.Invoke();
            }

            Interlocked.Increment(ref _refused);
            throw new RegistryUnavailableException("The test refuses it.");
        }
    }

    /// <summary>Servers that are up until the test says otherwise.</summary>
    private sealed class PlayedHealth : IHealthProbe
    {
        private int _asked;

        public ConcurrentDictionary<string, bool> IsDown { get; } = [];

        public int Asked => Volatile.Read(ref _asked);

        public Task<HealthAnswer> Check(Uri url, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            var isGood = !IsDown.GetValueOrDefault(url.Host);
            return Task.FromResult(new HealthAnswer(isGood ? null : "The health URL answered 503.", isGood ? 200 : 503));
        }
    }
}

public sealed class SqliteHealthTests() : HealthTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresHealthTests() : HealthTests(TestDatabase.Postgres);
