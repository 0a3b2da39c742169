using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>The life of a version that the registry runs, as far as it is pure (rules X1 and X2).</summary>
public sealed class RuntimeLifecycleTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ModelVersionState New = new()
    {
        Workspace = "default",
        ModelId = "k7m2qx9p4d",
        ModelName = "iris",
        Ordinal = 1,
        Version = "0.1.0",
        CreatedBy = "test",
        Artifact = new Artifact { Digest = new string('a', 64) },
        Serving = Lifecycle.From(null, new RuntimeSpec()),
    };

    [Fact]
    public void X1_it_is_starting_until_it_answers_and_billed_from_then_on()
    {
        var starting = Lifecycle.Deploy(New, Start).State;
        Assert.Equal((ServingStatus.Starting, 1, null), (starting.Serving!.Status, starting.Serving.Attempt, starting.Meter.RunningSince));

        var ready = Lifecycle.ReportProbe(starting, Answers(1), At(5));

        Assert.Equal((ServingStatus.Ready, At(5)), (ready.State.Serving!.Status, ready.State.Meter.RunningSince));
        Assert.Equal([EventType.VersionReady], ready.Events.Select(happened => happened.Type));
    }

    [Fact]
    public void X2_a_death_makes_a_ready_version_restarting_ends_its_active_time_and_begins_another_start()
    {
        var dead = Lifecycle.ReportProbe(Ready(), Dies(1), At(60));

        Assert.Equal((ServingStatus.Restarting, At(60), 2), (dead.State.Serving!.Status, dead.State.Serving.Since, dead.State.Serving.Attempt));
        Assert.Equal((null, 55_000), (dead.State.Meter.RunningSince, dead.State.Meter.DraftMilliseconds));
        Assert.Equal(At(60) + TimeSpan.FromSeconds(0.25), dead.State.Serving.Runtime!.NotBefore);
        Assert.Equal([EventType.VersionCrashed, EventType.UsageRecorded], dead.Events.Select(happened => happened.Type));
        Assert.True(dead.State.IsRoutable);

        var again = Lifecycle.ReportProbe(dead.State, Answers(2), At(61));
        Assert.Equal((ServingStatus.Ready, null, At(61)), (again.State.Serving!.Status, again.State.Serving.Message, again.State.Meter.RunningSince));
    }

    [Fact]
    public void X2_a_death_before_it_was_ready_leaves_it_starting()
    {
        var dead = Lifecycle.ReportProbe(Lifecycle.Deploy(New, Start).State, Dies(1), At(1));

        Assert.Equal((ServingStatus.Starting, Start, 2), (dead.State.Serving!.Status, dead.State.Serving.Since, dead.State.Serving.Attempt));
        Assert.Equal("It died.", dead.State.Serving.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void X2_five_deaths_within_five_minutes_are_a_failure_that_activate_forgets(bool wasReady)
    {
        var version = wasReady ? Ready() : Lifecycle.Deploy(New, Start).State;
        LifecycleStep? step = null;
        for (var death = 1; death <= RestartRules.MaxDeaths; death++)
        {
            step = Lifecycle.ReportProbe(version, Dies(death), At(60 + death));
            version = step.State;
        }

        Assert.Equal(ServingStatus.Failed, version.Serving!.Status);
        Assert.Equal([EventType.VersionCrashed, EventType.VersionFailed], step!.Events.Select(happened => happened.Type));
        Assert.False(version.IsRoutable);

        var again = Lifecycle.Activate(version, null, At(100)).State;
        Assert.Equal((ServingStatus.Starting, RestartRules.MaxDeaths + 1), (again.Serving!.Status, again.Serving.Attempt));
        Assert.Equal((0, 0, null), (again.Serving.Runtime!.Failures, again.Serving.Runtime.Deaths.Length, again.Serving.Runtime.NotBefore));
    }

    [Fact]
    public void X2_who_is_late_has_failed_when_it_was_never_ready_and_is_tried_again_else()
    {
        var late = new ServingResult(1, IsReady: false, null) { Death = new ProcessDeath { Message = "It was late.", IsLate = true } };
        Assert.Equal(ServingStatus.Failed, Lifecycle.ReportProbe(Lifecycle.Deploy(New, Start).State, late, At(300)).State.Serving!.Status);

        var restarting = Lifecycle.ReportProbe(Ready(), Dies(1), At(60)).State;
        Assert.Equal(ServingStatus.Restarting, Lifecycle.ReportProbe(restarting, late with { Attempt = 2 }, At(400)).State.Serving!.Status);
    }

    [Fact]
    public void X4_a_node_that_starts_again_is_no_fault_of_the_process()
    {
        var version = Ready();
        for (var restart = 1; restart <= 2 * RestartRules.MaxDeaths; restart++)
        {
            var lost = new ServingResult(version.Serving!.Attempt, IsReady: false, null) { Death = new ProcessDeath { Message = "Lost.", IsLost = true } };
            version = Lifecycle.ReportProbe(version, lost, At(60 + restart)).State;
            Assert.Equal((ServingStatus.Restarting, At(60 + restart)), (version.Serving!.Status, version.Serving.Runtime!.NotBefore));
            version = Lifecycle.ReportProbe(version, Answers(version.Serving.Attempt), At(60 + restart)).State;
        }

        Assert.Empty(version.Serving!.Runtime!.Deaths);
    }

    [Theory]
    [InlineData(20, 15_000)]
    [InlineData(3, 0)]
    [InlineData(4000, 3_595_000)]
    [InlineData(null, 3_595_000)]
    public void X13_a_node_that_ended_without_a_word_is_billed_to_its_last_sign_of_life(int? lastAlive, long expected)
    {
        var lost = new ServingResult(1, IsReady: false, null)
        {
            Death = new ProcessDeath { Message = "Lost.", IsLost = true, LastAlive = lastAlive is { } seconds ? At(seconds) : null },
        };

        var restarting = Lifecycle.ReportProbe(Ready(), lost, At(3600)).State;

        Assert.Equal((expected, null), (restarting.Meter.DraftMilliseconds, restarting.Meter.RunningSince));
    }

    [Fact]
    public void X2_news_of_another_start_or_of_a_version_without_a_process_change_nothing()
    {
        var ready = Ready();
        var inactive = Lifecycle.Deactivate(ready, At(60)).State;
        var failed = Lifecycle.ReportProbe(Lifecycle.Deploy(New, Start).State, new ServingResult(1, IsReady: false, "Lost."), At(1)).State;
        var elsewhere = Lifecycle.Deploy(New with { Serving = Lifecycle.From(new ServingSpec { Url = "http://a" }, null) }, Start).State;

        foreach (var (version, news) in new (ModelVersionState, ServingResult)[]
        {
            (ready, Dies(2)), (ready, Dies(0)), (ready, Answers(1)), (inactive, Dies(1)), (failed, Dies(1)), (failed, Answers(1)), (elsewhere, Dies(1)),
        })
        {
            var step = Lifecycle.ReportProbe(version, news, At(70));
            Assert.False(step.Changed);
            Assert.Same(version, step.State);
        }
    }

    [Fact]
    public void L3_activate_takes_another_runtime_only_where_nothing_runs_and_never_without_an_artifact()
    {
        var ready = Ready();
        var other = Lifecycle.From(null, new RuntimeSpec { Command = ["./serve"], Env = new Dictionary<string, string> { ["A"] = "1" } });

        Assert.Equal(ErrorCode.VersionActive, Lifecycle.Activate(ready, other, At(60)).Refusal!.Code);
        Assert.Null(Lifecycle.Activate(ready, Lifecycle.From(null, new RuntimeSpec()), At(60)).Refusal);

        var again = Lifecycle.Activate(Lifecycle.Deactivate(ready, At(60)).State, other, At(61)).State;
        Assert.Equal(["./serve"], again.Serving!.Runtime!.Command);
        Assert.Equal(("1", 2), (again.Serving.Runtime.Env!["A"], again.Serving.Attempt));

        var without = Lifecycle.Deploy(New with { Artifact = null, Serving = null }, Start).State;
        Assert.Equal("runtime", Lifecycle.Activate(without, other, At(60)).Refusal!.Fields.Single().Field);
    }

    private static ModelVersionState Ready() => Lifecycle.ReportProbe(Lifecycle.Deploy(New, Start).State, Answers(1), At(5)).State;

    private static ServingResult Answers(int attempt) => new(attempt, IsReady: true, null);

    private static ServingResult Dies(int attempt) => new(attempt, IsReady: false, "It died.") { Death = new ProcessDeath { Message = "It died." } };

    private static DateTimeOffset At(double seconds) => Start + TimeSpan.FromSeconds(seconds);
}
