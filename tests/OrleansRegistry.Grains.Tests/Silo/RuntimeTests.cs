using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Models;
using OrleansRegistry.Processes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Versions that the registry runs, on a real silo with a real database; a test plays the processes (rules X1 to X4).</summary>
public abstract class RuntimeTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    [Fact]
    public async Task X1_a_version_is_starting_until_its_process_answers()
    {
        var version = await Run("iris");
        Assert.Equal(ServingStatus.Starting, version.Serving!.Status);
        Assert.Equal("", version.Serving.Url);

        var process = await Silo.Processes.Next();
        Assert.Equal("default", process.Spec.Environment);
        Assert.True(File.Exists(Path.Combine(process.Spec.Package, "model.py")));
        Assert.Equal(ErrorCode.VersionStarting, (await Silo.Model(version.ModelId).Resolve(version.Version)).Error!.Code);

        process.Answer();

        await Until(version, ServingStatus.Ready);
        var resolved = (await Silo.Model(version.ModelId).Resolve(version.Version)).Value!;
        Assert.Null(resolved.ServingUrl);
        Assert.Equal(1, resolved.Start);
        Assert.Equal(["model.created", "version.deployed", "version.ready"], await EventTypes(version.ModelId));
        await AssertAgreement();
    }

    [Fact]
    public async Task X2_a_process_that_dies_is_started_again_and_its_version_stays_primary()
    {
        var version = await Ready("iris", deploy => deploy with { Publish = true });
        var model = await Model(version.ModelId);
        Assert.Equal(version.Id, model.Primary!.VersionId);

        Silo.Processes.Running.Single().Die(ready: TimeSpan.FromSeconds(10));

        await Until(version, ServingStatus.Restarting);
        Assert.Equal(version.Id, (await Model(version.ModelId)).Primary!.VersionId);
        Assert.Equal(ErrorCode.VersionStarting, (await Silo.Model(version.ModelId).Resolve(null)).Error!.Code);
        Assert.Equal("The process ended with exit code 3.", (await Version(version.Id)).Serving!.Message);
        (await Silo.Processes.Next()).Answer();

        await Until(version, ServingStatus.Ready);
        Assert.Null((await Version(version.Id)).Serving!.Message);
        Assert.Equal(2, (await Silo.Model(version.ModelId).Resolve(null)).Value!.Start);
        var crashed = (await Events(version.ModelId, EventType.VersionCrashed)).Single().Data;
        var expected = JsonElement.Parse(
            """{"message":"The process ended with exit code 3.","exit_code":3,"signal":null,"out_of_memory":false,"uptime_seconds":17}""");
        Assert.True(JsonElement.DeepEquals(expected, crashed), crashed.GetRawText());
        Assert.Single(await Events(version.ModelId, EventType.UsageRecorded));
        await AssertAgreement();
    }

    [Fact]
    public async Task X2_five_deaths_within_five_minutes_are_a_failure_and_activate_starts_again()
    {
        var version = await Run("iris");
        for (var death = 1; death <= RestartRules.MaxDeaths; death++)
        {
            (await Silo.Processes.Next()).Die();
            if (death < RestartRules.MaxDeaths)
            {
                // It was never up, so it is starting all the time.
                await UntilEvents(version, EventType.VersionCrashed, death);
                Assert.Equal(ServingStatus.Starting, (await Version(version.Id)).Serving!.Status);
            }
        }

        await Until(version, ServingStatus.Failed);
        Assert.Equal("The process ended with exit code 3. It died 5 times in 5 minutes.", (await Version(version.Id)).Serving!.Message);
        // The row is there a moment before the write is confirmed to the model.
        await Until(
            async () => (await Silo.Model(version.ModelId).Resolve(version.Version)).Error?.Code == ErrorCode.ServingFailed,
            "calls are told that it failed");
        Assert.Empty(Silo.Processes.Running);

        Assert.Null((await Silo.Model(version.ModelId).Activate(ActivateOf(version))).Error);
        (await Silo.Processes.Next()).Answer();
        await Until(version, ServingStatus.Ready);
        await AssertAgreement();
    }

    [Fact]
    public async Task X2_a_first_process_that_is_not_ready_in_time_is_a_failure()
    {
        var version = await Run("iris");

        (await Silo.Processes.Next()).Die(ExitCause.NotReady);

        await Until(version, ServingStatus.Failed);
        Assert.Equal("The process was killed: it was not ready within 300 s.", (await Version(version.Id)).Serving!.Message);
        Assert.Equal(
            ["model.created", "version.deployed", "version.crashed", "version.failed"], await EventTypes(version.ModelId));
    }

    [Fact]
    public async Task X2_what_the_operating_system_refuses_to_start_is_tried_again()
    {
        Silo.Processes.Fault = "Too many open files";
        var version = await Run("iris");
        await UntilEvents(version, EventType.VersionCrashed, 1);

        Silo.Processes.Fault = null;
        (await Silo.Processes.Next()).Answer();

        await Until(version, ServingStatus.Ready);
    }

    [Fact]
    public async Task X3_X4_a_version_that_is_stopped_has_no_process_and_activate_starts_another()
    {
        var version = await Ready("iris");
        var process = Silo.Processes.Running.Single();

        Assert.Null((await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version))).Error);
        Assert.Equal(ExitCause.Stopped, (await process.Exited).Cause);
        await Gone(process);

        var command = ActivateOf(version) with { Runtime = new RuntimeSpec { Env = new Dictionary<string, string> { ["MODE"] = "b" } } };
        Assert.Null((await Silo.Model(version.ModelId).Activate(command)).Error);
        var again = await Silo.Processes.Next();
        Assert.Equal("b", again.Spec.Variables["MODE"]);
        again.Answer();
        await Until(version, ServingStatus.Ready);

        Assert.Null((await Silo.Model(version.ModelId).Delete(DeleteOf(version))).Error);
        await again.Exited;
        await Gone(again);
        await AssertAgreement();
    }

    [Fact]
    public async Task X3_a_version_that_is_stopped_while_it_starts_or_waits_to_start_again_has_no_process()
    {
        var starting = await Run("starting");
        var first = await Silo.Processes.Next();
        var waiting = await Run("waiting");
        (await Silo.Processes.Next()).Die();
        await UntilEvents(waiting, EventType.VersionCrashed, 1);

        foreach (var version in (VersionView[])[starting, waiting])
        {
            Assert.Null((await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version))).Error);
        }

        await first.Exited;
        var last = await Ready("other");
        Assert.Equal([last.Id], Silo.Processes.Running.Select(_ => last.Id));
        Assert.Equal(ServingStatus.Stopped, (await Version(waiting.Id)).Serving!.Status);
    }

    [Fact]
    public async Task X4_a_node_that_starts_again_starts_what_was_active_and_nothing_else()
    {
        var up = await Ready("up", deploy => deploy with { Publish = true });
        var starting = await Run("starting");
        await Silo.Processes.Next();
        var stopped = await Ready("stopped");
        await Silo.Model(stopped.ModelId).Deactivate(DeactivateOf(stopped));

        await Restart();
        (await Silo.Processes.Next()).Answer();
        (await Silo.Processes.Next()).Answer();

        await Until(up, ServingStatus.Ready);
        await Until(starting, ServingStatus.Ready);
        Assert.Equal(2, Silo.Processes.Running.Count);
        Assert.Equal("Its node was started again.", (await Events(up.ModelId, EventType.VersionCrashed)).Single().Data.GetProperty("message").GetString());
        Assert.Empty(await Events(starting.ModelId, EventType.VersionCrashed));
        Assert.Equal(up.Id, (await Model(up.ModelId)).Primary!.VersionId);
        await AssertAgreement();
    }

    [Fact]
    public async Task F10_a_deployment_that_nothing_can_run_is_refused_and_changes_nothing()
    {
        var artifact = await Create("model.py");
        Assert.Equal(ErrorCode.ArtifactNotFound, (await TryDeploy("iris", Of(new string('0', 64)))).Error!.Code);
        var unknown = (await TryDeploy("iris", Of(artifact.Digest, new RuntimeSpec { Environment = "gpu" }))).Error!;
        Assert.Equal((ErrorCode.NoEnvironment, "There is no environment gpu; there are onnx, default."), (unknown.Code, unknown.Detail));
        var other = (await TryDeploy("iris", Of(artifact.Digest, new RuntimeSpec { Environment = "onnx" }))).Error!;
        Assert.Equal(
            (ErrorCode.NoEnvironment, "No environment fits the artifact: onnx has format onnx where python is needed."), (other.Code, other.Detail));
        Silo.Processes.Off = "It can't.";
        var off = (await TryDeploy("iris", Of(artifact.Digest))).Error!;
        Assert.Equal((ErrorCode.RuntimeOff, "This registry runs no versions: It can't."), (off.Code, off.Detail));
        Silo.Processes.Off = null;

        var version = await Ready("iris");

        Assert.Equal("0.1.0", version.Version);
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));
        Silo.Processes.Off = "It can't.";
        Assert.Equal(ErrorCode.RuntimeOff, (await Silo.Model(version.ModelId).Activate(ActivateOf(version))).Error!.Code);
        Assert.Equal(VersionState.Inactive, (await Version(version.Id)).State);
    }

    [Fact]
    public async Task X11_a_version_has_its_part_of_the_node_as_long_as_it_needs_a_process()
    {
        Silo.Processes.Room = 1;
        var version = await Ready("one");
        var artifact = await Create("model.py");
        Assert.Equal(ErrorCode.NoCapacity, (await TryDeploy("two", Of(artifact.Digest))).Error!.Code);
        var type = (await TryDeploy("two", deploy => Of(artifact.Digest)(deploy with { InstanceType = "gpu" }))).Error!;
        Assert.Equal("instance_type must be one of this registry's instance types with runtime: cpu.", type.Detail);

        Silo.Processes.Running.Single().Die();
        await Until(version, ServingStatus.Restarting);
        Assert.Equal(ErrorCode.NoCapacity, (await TryDeploy("two", Of(artifact.Digest))).Error!.Code);
        (await Silo.Processes.Next()).Answer();
        await Until(version, ServingStatus.Ready);

        var process = Silo.Processes.Running.Single();
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));
        await Gone(process);
        await Until(() => Task.FromResult(Silo.Processes.Room == 1), "there is room again");
        Assert.Null((await TryDeploy("two", Of(artifact.Digest), Silo.Command(dryRun: true))).Error);
        Assert.Equal(1, Silo.Processes.Room);
        await Ready("two");
        Assert.Equal(0, Silo.Processes.Room);
    }

    [Fact]
    public async Task X11_a_process_that_takes_its_time_to_end_keeps_its_part_and_the_next_start_needs_another()
    {
        Silo.Processes.Room = 1;
        var version = await Ready("one");
        var process = Silo.Processes.Running.Single();
        process.TakesItsTime = true;
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));

        Assert.Equal(ErrorCode.NoCapacity, (await Silo.Model(version.ModelId).Activate(ActivateOf(version))).Error!.Code);

        process.Die(ExitCause.Stopped);
        await Until(() => Task.FromResult(Silo.Processes.Room == 1), "there is room again");
        Assert.Null((await Silo.Model(version.ModelId).Activate(ActivateOf(version))).Error);
        Assert.Equal(0, Silo.Processes.Room);
    }

    [Fact]
    public async Task X11_a_process_that_takes_its_time_to_end_gives_back_its_own_part_and_no_other()
    {
        Silo.Processes.Room = 3;
        var version = await Ready("one");
        var first = Silo.Processes.Running.Single();
        first.TakesItsTime = true;
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));
        Assert.Null((await Silo.Model(version.ModelId).Activate(ActivateOf(version))).Error);
        var second = await Silo.Processes.Next();
        Assert.Equal(1, Silo.Processes.Room);

        first.Die(ExitCause.Stopped);

        await Until(() => Task.FromResult(Silo.Processes.Room == 2), "the first has given back its part");
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));
        await Gone(second);
        await Until(() => Task.FromResult(Silo.Processes.Room == 3), "the second has given back its part");
    }

    [Fact]
    public async Task X11_what_a_command_has_reserved_stays_while_it_is_stored_and_a_sibling_ends()
    {
        Silo.Processes.Room = 2;
        var sibling = await Ready("one");
        var process = Silo.Processes.Running.Single();
        process.TakesItsTime = true;
        await Silo.Model(sibling.ModelId).Deactivate(DeactivateOf(sibling));
        var artifact = await Create("model.py");
        var (storing, store) = (new TaskCompletionSource(), new TaskCompletionSource());
        Silo.Storage.BeforeWrite = _ =>
        {
            storing.TrySetResult();
            return store.Task;
        };
        var deploying = TryDeploy("one", Of(artifact.Digest));
        await storing.Task;
        Assert.Equal(0, Silo.Processes.Room);

        process.Die(ExitCause.Stopped);
        await Until(() => Task.FromResult(Silo.Processes.Room > 0), "the sibling has given back its part");

        Assert.Equal(1, Silo.Processes.Room);
        store.SetResult();
        Assert.Null((await deploying).Error);
        Assert.Equal(1, Silo.Processes.Room);
    }

    [Fact]
    public async Task X11_after_a_restart_what_is_to_run_has_its_part_before_anything_new()
    {
        await Ready("one");

        // Nobody looks at the model, so that its process does not start.
        await RestartWith(services =>
        {
            services.Remove(services.Single(service => service.ImplementationType == typeof(StartWorker)));
            services.AddSingleton(new FakeProcessRunner { Room = 1 });
        });

        Assert.Equal(0, Silo.Processes.Room);
        var artifact = await Create("model.py");
        Assert.Equal(ErrorCode.NoCapacity, (await TryDeploy("two", Of(artifact.Digest))).Error!.Code);
    }

    [Fact]
    public async Task X2_a_version_waits_where_its_node_can_run_nothing()
    {
        var version = await Ready("iris");
        Silo.Processes.Off = "It can't.";
        Silo.Processes.Running.Single().Die(ready: TimeSpan.FromSeconds(10));
        await Until(version, ServingStatus.Restarting);
        await Until(() => Task.FromResult(Silo.Processes.WasAskedWhileOff), "the start has found the node off");

        Assert.Null((await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version))).Error);

        Assert.Empty(await Events(version.ModelId, EventType.VersionFailed));
        await AssertAgreement();
    }

    [Fact]
    public async Task X9_of_versions_that_have_failed_the_latest_keep_their_logs()
    {
        var processes = Silo.Services.GetRequiredService<INodeProcesses>();
        List<VersionView> failed = [];
        for (var i = 0; i < 17; i++)
        {
            var version = await Run("iris");
            (await Silo.Processes.Next()).Die(ExitCause.NotReady);
            await Until(version, ServingStatus.Failed);
            failed.Add(version);
        }

        // The node hears of a row just after it is stored.
        await Until(() => Task.FromResult(!HasLog(failed[0])), "the first log is gone");
        Assert.All(failed.Skip(1), version => Assert.True(HasLog(version)));

        bool HasLog(VersionView version) =>
            VersionId.TryParse(version.Id, out var id) && processes.FindLog(GrainKeys.DefaultWorkspace, id) is not null;
    }

    [Fact]
    public async Task X14_without_a_sandbox_only_an_operator_says_what_runs()
    {
        Silo.Processes.IsSandboxed = false;
        var artifact = await Create("model.py");
        var admin = Silo.Command() with { Role = Role.Admin };
        Assert.Equal(ErrorCode.Forbidden, (await TryDeploy("one", Of(artifact.Digest), admin)).Error!.Code);
        Assert.Equal(ErrorCode.Forbidden, (await TryDeploy("one", Of(artifact.Digest), admin with { DryRun = true })).Error!.Code);

        var version = (await TryDeploy("one", Of(artifact.Digest), Silo.Command() with { Role = Role.Operator })).Value!.Version;
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));
        var activate = ActivateOf(version);
        Assert.Equal(
            ErrorCode.Forbidden,
            (await Silo.Model(version.ModelId).Activate(activate with { Context = activate.Context with { Role = Role.Admin } })).Error!.Code);
        Assert.Equal(VersionState.Inactive, (await Version(version.Id)).State);
    }

    [Fact]
    public async Task X14_what_others_have_deployed_does_not_run_once_there_is_no_sandbox()
    {
        var others = await Ready("others", deploy => deploy with { Publish = true });
        var operators = (await TryDeploy("operators", Of((await Create("model.py")).Digest), Operator())).Value!.Version;
        (await Silo.Processes.Next()).Answer();
        await Until(operators, ServingStatus.Ready);

        await RestartWith(services => services.AddSingleton(new FakeProcessRunner { IsSandboxed = false, AreReadyAtOnce = true }));

        await Until(others, ServingStatus.Failed);
        // Its row says ready until it is known that it was lost.
        await UntilEvents(operators, EventType.VersionCrashed, 1);
        await Until(operators, ServingStatus.Ready);
        Assert.Single(Silo.Processes.Running);
        Assert.StartsWith("No sandbox keeps packages from this registry's files any more", (await Version(others.Id)).Serving!.Message, StringComparison.Ordinal);
        var activate = ActivateOf(others);
        Assert.Equal(ErrorCode.Forbidden, (await Silo.Model(others.ModelId).Activate(activate)).Error!.Code);
        Assert.Null((await Silo.Model(others.ModelId).Activate(activate with { Context = Operator() })).Error);
        await Until(others, ServingStatus.Ready);
        await AssertAgreement();

        CommandContext Operator() => Silo.Command() with { Role = Role.Operator };
    }

    [Fact]
    public async Task B2_a_bill_has_the_time_that_a_version_was_ready_and_no_other()
    {
        var version = await Run("iris");
        Silo.Clock.Move(TimeSpan.FromHours(1));
        (await Silo.Processes.Next()).Answer();
        await Until(version, ServingStatus.Ready);
        Silo.Clock.Move(TimeSpan.FromMinutes(10));
        Silo.Processes.Running.Single().Die(ready: TimeSpan.FromMinutes(10));
        await Until(version, ServingStatus.Restarting);
        var restart = await Silo.Processes.Next();
        Silo.Clock.Move(TimeSpan.FromHours(1));
        restart.Answer();
        await Until(version, ServingStatus.Ready);
        Silo.Clock.Move(TimeSpan.FromMinutes(5));
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));

        var seconds = (await Events(version.ModelId, EventType.UsageRecorded))
            .Sum(usage => (usage.Data.GetProperty("ended_at").GetDateTimeOffset() - usage.Data.GetProperty("started_at").GetDateTimeOffset()).TotalSeconds);

        Assert.InRange(seconds, 15 * 60, (15 * 60) + 30);
        await AssertAgreement();
    }

    [Fact]
    public async Task X13_a_month_closes_when_it_is_stored_until_when_a_version_ran_that_was_lost()
    {
        BillingMonth month = new(BillingMonth.Of(Silo.Clock.GetUtcNow()).End);
        Silo.Clock.Move(month.End.AddHours(-10) - Silo.Clock.GetUtcNow());
        var version = await Ready("iris", deploy => deploy with { InstanceType = "cpu", Publish = true });
        await Silo.Rates().Put(new PutRatesCommand
        {
            Context = Silo.Command(),
            Rates = [new Rate { InstanceType = "cpu", Stage = Stage.Published, PricePerMinute = "1", EffectiveFrom = DateTimeOffset.UnixEpoch }],
        });
        var since = (await Version(version.Id)).Serving!.Since;

        // Nobody but the closing looks at the model.
        await RestartWith(services =>
        {
            services.Remove(services.Single(service => service.ImplementationType == typeof(StartWorker)));
            services.AddSingleton(new FakeProcessRunner { LastAlive = since.AddHours(1) });
        });
        Silo.Clock.Move(month.End + BillingMonth.Grace - Silo.Clock.GetUtcNow());
        var tried = await Silo.Statement(month).Close(new CloseMonthCommand { Context = Silo.Command(dryRun: true) });
        Assert.Equal(ErrorCode.MonthOpen, tried.Error?.Code);
        Assert.Empty(await Events(version.ModelId, EventType.UsageRecorded));
        var closed = (await Silo.Statement(month).Close(new CloseMonthCommand { Context = Silo.Command() })).Value!;

        Assert.Equal("60.00", closed.TotalAmount);
        var usage = (await Events(version.ModelId, EventType.UsageRecorded)).Single().Data;
        Assert.Equal(since.AddHours(1), usage.GetProperty("ended_at").GetDateTimeOffset());
        await AssertAgreement();
    }

    [Fact]
    public async Task X13_a_node_that_is_told_to_stop_says_until_when_its_versions_ran()
    {
        await Ready("iris");
        var processes = Silo.Processes;
        Assert.False(processes.HasSaidAlive);

        await Restart();

        Assert.True(processes.HasSaidAlive);
    }

    [Fact]
    public async Task X13_where_there_is_no_sign_of_life_a_bill_ends_at_the_last_stored_instant()
    {
        var version = await Ready("iris");
        Silo.Clock.Move(TimeSpan.FromHours(2));
        var other = await Deploy("other");
        var last = (await Silo.Catalog.ListEvents(Workspace, new EventFilter { ModelId = other.ModelId }, 1000, default))[^1].At;

        OffsetClock later = new();
        later.Move(TimeSpan.FromHours(5));
        await RestartWith(services => services.AddSingleton(later));
        await Deploy("later");
        await Until(version, ServingStatus.Restarting);

        var usage = (await Events(version.ModelId, EventType.UsageRecorded)).Single().Data;
        Assert.Equal(last, usage.GetProperty("ended_at").GetDateTimeOffset());
        await AssertAgreement();
    }

    private static ActivateCommand ActivateOf(TestSilo silo, VersionView version) => new() { Context = silo.Command(), Ordinal = OrdinalOf(version) };

    private ActivateCommand ActivateOf(VersionView version) => ActivateOf(Silo, version);

    private static Func<Deployment, Deployment> Of(string digest, RuntimeSpec? runtime = null) =>
        deployment => deployment with { Artifact = new Artifact { Digest = digest }, Runtime = runtime ?? new RuntimeSpec() };

    private async Task<VersionView> Run(string name, Func<Deployment, Deployment>? change = null)
    {
        var run = Of((await Create("model.py")).Digest);
        return await Deploy(name, deployment => run(change?.Invoke(deployment) ?? deployment));
    }

    private async Task<VersionView> Ready(string name, Func<Deployment, Deployment>? change = null)
    {
        var version = await Run(name, change);
        (await Silo.Processes.Next()).Answer();
        await Until(version, ServingStatus.Ready);
        return version;
    }

    private async Task<IReadOnlyList<RegistryEvent>> Events(string modelId, string type) =>
        await Silo.Catalog.ListEvents(Workspace, new EventFilter { ModelId = modelId, Types = [type] }, 1000, default);

    private async Task Until(VersionView version, ServingStatus status)
    {
        await Until(async () => (await Version(version.Id)).Serving!.Status == status, $"{version.ModelName} is {status}");
        // The row is there before the model has heard that it is: this waits behind the write.
        await Silo.Model(version.ModelId).PatchModel(new PatchModelCommand { Context = Silo.Command(dryRun: true) });
    }

    private Task UntilEvents(VersionView version, string type, int count) =>
        Until(async () => (await Events(version.ModelId, type)).Count == count, $"{version.ModelName} has {count} {type}");

    private static Task Gone(FakeProcess process) =>
        Until(() => Task.FromResult(!Directory.Exists(process.Spec.Package)), "its package is gone");

    /// <summary>What is stored follows what processes do a moment later.</summary>
    private static async Task Until(Func<Task<bool>> holds, string what)
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            Assert.False(late.IsCancellationRequested, $"Not within 30 s: {what}.");
            await Task.Yield();
        }
    }
}

public sealed class RuntimeTestsOnSqlite() : RuntimeTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresRuntimeTests() : RuntimeTests(TestDatabase.Postgres);
