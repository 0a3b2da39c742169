using OrleansRegistry.Models;
using OrleansRegistry.Reference;

namespace OrleansRegistry.Versions;

/// <summary>Rules B1 and B2: when active time runs, and what is recorded of it.</summary>
public sealed class ActiveTimeTests
{
    private readonly TestModel _model = new();

    [Fact]
    public void B1_time_runs_from_ready_to_not_ready()
    {
        var version = _model.Draft(serving: TestModel.Server);
        _model.Wait(1234);
        _model.Deactivate(version);

        Assert.Equal(new Meter { DraftMilliseconds = 1234 }, _model[version].Meter);
        Assert.Equal(["draft 1234"], Usage());
    }

    [Fact]
    public void B1_time_is_split_where_the_stage_changes()
    {
        var version = _model.Draft();
        _model.Wait(100);
        _model.Publish(version);
        _model.Wait(30);
        _model.Delete(version);

        Assert.Equal(new Meter { DraftMilliseconds = 100, PublishedMilliseconds = 30 }, _model[version].Meter);
        Assert.Equal(["draft 100", "published 30"], Usage());
    }

    [Fact]
    public void B1_intervals_add_up()
    {
        var version = _model.Draft();
        foreach (var milliseconds in (int[])[1, 20, 300])
        {
            _model.Wait(milliseconds);
            _model.Deactivate(version);
            _model.Wait(5000);
            _model.Activate(version);
        }

        Assert.Equal((321, _model.Now), (_model[version].Meter.DraftMilliseconds, _model[version].Meter.RunningSince));
        Assert.Equal(["draft 1", "draft 20", "draft 300"], Usage());
    }

    [Fact]
    public void B1_an_interval_names_its_instance_type_and_its_ends()
    {
        var start = _model.Now;
        _model.Run(new Command.Deploy { InstanceType = "gpu-1" });
        _model.Wait(90_061_001);
        _model.Deactivate(1);

        Assert.Equal(
            """{"started_at":"2026-01-01T00:00:00.000Z","ended_at":"2026-01-02T01:01:01.001Z","stage":"draft","instance_type":"gpu-1"}""",
            _model.Events.Single(happened => happened.Type == EventType.UsageRecorded).Data);
        Assert.Equal(start.AddMilliseconds(90_061_001), _model.Now);
    }

    [Fact]
    public void B1_an_interval_without_length_is_not_recorded()
    {
        var version = _model.Draft();
        _model.Publish(version);
        _model.Deactivate(version);

        Assert.Equal(new Meter(), _model[version].Meter);
        Assert.Empty(Usage());
    }

    [Fact]
    public void B1_what_does_not_end_an_interval_leaves_it_running()
    {
        var version = _model.Published();
        var since = _model.Now;
        _model.Wait(10);
        _model.Promote(version);
        _model.Run(new Command.Label("vision", version));
        _model.Activate(version);

        Assert.Equal(new Meter { RunningSince = since }, _model[version].Meter);
        Assert.Empty(Usage());
    }

    [Fact]
    public void B2_starting_failed_inactive_and_deleted_time_costs_nothing()
    {
        var version = _model.Draft(serving: TestModel.SlowServer);
        var other = _model.Draft();
        _model.Wait(1000);
        Assert.Null(_model[version].Meter.RunningSince);
        _model.Publish(version);
        _model.Wait(1000);
        _model.Fail(version);
        _model.Wait(1000);
        _model.Deactivate(version);
        _model.Wait(1000);
        _model.Activate(version);
        _model.Wait(1000);
        _model.Ready(version);
        _model.Wait(7);
        _model.Delete(version);
        _model.Wait(1000);
        _model.Publish(other);

        Assert.Equal(new Meter { PublishedMilliseconds = 7 }, _model[version].Meter);
    }

    [Theory]
    [InlineData("restarting")]
    [InlineData("idle")]
    public void B2_restarting_and_idle_time_costs_nothing(string condition)
    {
        var version = _model.In(condition, isPublished: false);
        _model.Wait(1000);
        _model.Publish(version);
        _model.Wait(1000);
        _model.Delete(version);

        Assert.Equal(new Meter(), _model[version].Meter);
        Assert.Empty(Usage());
    }

    [Fact]
    public void B3_billing_ends_at_the_instant_of_the_command_and_no_instant_is_before_the_last()
    {
        var version = _model.Draft();
        _model.Wait(1000);
        _model.Publish(version);
        var last = _model.Now;
        _model.Wait(-600);
        _model.Deactivate(version);

        Assert.Equal((last, last), (_model[version].DeactivatedAt, _model.State.LastInstant));
        Assert.Equal(new Meter { DraftMilliseconds = 1000 }, _model[version].Meter);

        _model.Activate(version);
        _model.Wait(650);
        _model.Deactivate(version);

        Assert.Equal(50, _model[version].Meter.PublishedMilliseconds);
    }

    [Fact]
    public void Settle_says_which_interval_it_closed()
    {
        var version = _model[_model.Draft()];
        var later = _model.Now.AddMilliseconds(5);

        var (same, none) = ActiveTime.Settle(version, version, later);
        var (ended, closed) = ActiveTime.Settle(version, version with { State = VersionState.Inactive }, later);

        Assert.Equal((version.Meter, null), (same.Meter, none));
        Assert.Equal(new Meter { DraftMilliseconds = 5 }, ended.Meter);
        Assert.Equal(new UsageInterval(_model.Now, later, Stage.Draft, null), closed);
    }

    private string[] Usage() =>
    [
        .. _model.Events.Where(happened => happened.Type == EventType.UsageRecorded)
            .Select(happened => System.Text.Json.JsonDocument.Parse(happened.Data).RootElement)
            .Select(data => $"{data.GetProperty("stage")} {(data.GetProperty("ended_at").GetDateTimeOffset() - data.GetProperty("started_at").GetDateTimeOffset()).TotalMilliseconds}"),
    ];
}
