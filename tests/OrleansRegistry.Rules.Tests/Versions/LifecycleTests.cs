using OrleansRegistry.Models;
using OrleansRegistry.Reference;

namespace OrleansRegistry.Versions;

/// <summary>Rules L1 to L6, as far as they are pure.</summary>
public sealed class LifecycleTests
{
    private readonly TestModel _model = new();

    [Fact]
    public void L1_publish_on_a_deployment_skips_the_draft()
    {
        var version = _model.Published();

        Assert.Equal((VersionState.Published, Stage.Published, _model.Now), (_model[version].State, _model[version].Stage, _model[version].PublishedAt));
        Assert.Equal(0, _model[version].Meter.DraftMilliseconds);
        Assert.Equal(
            [EventType.ModelCreated, EventType.VersionDeployed, EventType.VersionPublished, EventType.PrimaryChanged],
            _model.Events.Select(happened => happened.Type));
    }

    [Fact]
    public void L1_a_deployment_without_publish_is_a_draft()
    {
        var version = _model.Draft();

        Assert.Equal((VersionState.Draft, Stage.Draft), (_model[version].State, _model[version].Stage));
        Assert.Null(_model[version].PublishedAt);
        Assert.Null(_model.Primary);
    }

    [Fact]
    public void L2_a_deactivated_version_is_not_routable_and_not_in_the_table()
    {
        var version = _model.Draft(serving: TestModel.Server);

        _model.Deactivate(version);

        Assert.Equal((VersionState.Inactive, ServingStatus.Stopped), (_model[version].State, _model[version].Serving!.Status));
        Assert.False(_model[version].IsRoutable);
        Assert.Empty(_model.State.Active);
    }

    [Fact]
    public void L3_activation_moves_the_state_at_once_and_serving_starts()
    {
        var version = _model.In("inactive", isPublished: true);

        var answer = _model.Activate(version);

        Assert.True(answer.Changed);
        Assert.Equal((VersionState.Published, ServingStatus.Starting), (_model[version].State, _model[version].Serving!.Status));
        Assert.False(_model[version].IsRoutable);
    }

    [Fact]
    public void L3_without_health_url_ready_at_once()
    {
        var version = _model.Draft(serving: TestModel.Server);
        Assert.Equal(ServingStatus.Ready, _model[version].Serving!.Status);
        _model.Deactivate(version);

        _model.Activate(version);

        Assert.Equal(ServingStatus.Ready, _model[version].Serving!.Status);
    }

    [Fact]
    public void L3_without_a_serving_spec_a_version_counts_as_ready()
    {
        var version = _model.Draft();

        Assert.Null(_model[version].Serving);
        Assert.True(_model[version].IsRoutable);
        Assert.Null(_model.Promote(version).Error);
    }

    [Fact]
    public void L3_deploy_and_activate_raise_the_start()
    {
        var version = _model.Draft(serving: TestModel.SlowServer);
        Assert.Equal(1, _model[version].Serving!.Attempt);
        _model.Fail(version);
        _model.Activate(version);
        Assert.Equal(2, _model[version].Serving!.Attempt);
        _model.Deactivate(version);
        Assert.Equal(2, _model[version].Serving!.Attempt);
        _model.Activate(version, TestModel.SlowServer with { Url = "http://elsewhere" });
        Assert.Equal(3, _model[version].Serving!.Attempt);
    }

    [Theory]
    [InlineData("starting", -1)]
    [InlineData("starting", 1)]
    [InlineData("ready", 0)]
    [InlineData("failed", 0)]
    [InlineData("inactive", 0)]
    public void L3_a_result_of_another_start_or_condition_is_dropped(string condition, int offset)
    {
        var version = _model.In(condition, isPublished: true);
        var before = (_model.State, _model[version], _model.Events.Count);

        foreach (var isReady in (bool[])[true, false])
        {
            var answer = _model.Run(new Command.ReportProbe(version, _model[version].Serving!.Attempt + offset, isReady));

            Assert.Equal(Answer.Unchanged, answer);
            Assert.Equal(before, (_model.State, _model[version], _model.Events.Count));
        }
    }

    [Fact]
    public void L3_a_result_of_the_start_before_a_deactivation_is_dropped_after_the_next_activation()
    {
        var version = _model.Draft(serving: TestModel.SlowServer);
        var start = _model[version].Serving!.Attempt;
        _model.Deactivate(version);
        _model.Activate(version);

        Assert.False(_model.Run(new Command.ReportProbe(version, start, IsReady: false)).Changed);

        Assert.Equal(ServingStatus.Starting, _model[version].Serving!.Status);
    }

    [Fact]
    public void L3_a_failed_start_says_why_and_the_next_start_forgets_it()
    {
        var version = _model.Draft(serving: TestModel.SlowServer);
        _model.Fail(version);
        Assert.Equal("503", _model[version].Serving!.Message);

        _model.Activate(version);

        Assert.Null(_model[version].Serving!.Message);
    }

    [Theory]
    [InlineData("inactive")]
    [InlineData("failed")]
    public void L3_activate_brings_a_new_serving_to_an_inactive_or_failed_version(string condition)
    {
        var version = _model.In(condition, isPublished: true);

        var answer = _model.Activate(version, TestModel.Server);

        Assert.Null(answer.Error);
        Assert.Equal((TestModel.Server.Url, ServingStatus.Ready), (_model[version].Serving!.Url, _model[version].Serving!.Status));
        Assert.Equal(TestModel.Server.Url, _model.Entry(version).Url);
    }

    [Theory]
    [InlineData("starting")]
    [InlineData("ready")]
    public void L3_activate_brings_no_new_serving_to_a_version_that_is_starting_or_ready(string condition)
    {
        var version = _model.In(condition, isPublished: true);

        Assert.Equal(ErrorCode.VersionActive, _model.Activate(version, TestModel.Server).Error);
        Assert.Equal(ErrorCode.VersionActive, _model.Activate(version, TestModel.SlowServer with { StartupTimeoutSeconds = 1 }).Error);
        Assert.Equal(ErrorCode.VersionActive, _model.Activate(version, TestModel.SlowServer with { HealthUrl = null }).Error);
        Assert.False(_model.Activate(version, TestModel.SlowServer with { }).Changed);
    }

    [Fact]
    public void L3_activate_brings_a_serving_to_a_version_that_was_only_registered()
    {
        var version = _model.Draft();
        _model.Deactivate(version);

        _model.Activate(version, TestModel.SlowServer);

        Assert.Equal((ServingStatus.Starting, 1), (_model[version].Serving!.Status, _model[version].Serving!.Attempt));
    }

    [Fact]
    public void L3_activate_brings_a_serving_to_an_active_version_that_has_none_and_the_primary_stays()
    {
        var primary = _model.NewPrimary();
        var (history, order) = (_model.History, _model.State.Primary!.Order);
        _model.Wait(60_000);

        Assert.False(_model.Activate(primary).Changed);
        Assert.False(_model.Activate(primary, TestModel.SlowServer).Moved);

        Assert.Equal((VersionState.Published, ServingStatus.Starting, null), (_model[primary].State, _model[primary].Serving!.Status, _model[primary].Meter.RunningSince));
        Assert.Equal(60_000, _model[primary].Meter.PublishedMilliseconds);
        Assert.Equal((primary, order, null), (_model.Primary, _model.State.Primary!.Order, _model.Pending));
        Assert.Equal(history, _model.History);
        Assert.Equal(ErrorCode.VersionActive, _model.Activate(primary, TestModel.Server).Error);
        Assert.Equal(ErrorCode.NotRoutable, _model.Promote(primary).Error);
        _model.Wait(1000);
        Assert.False(_model.Ready(primary).Moved);
        Assert.Equal((primary, _model.Now), (_model.Primary, _model[primary].Meter.RunningSince));
    }

    [Fact]
    public void L3_a_primary_whose_new_serving_fails_stays_primary_starts_again_and_leaves_by_P4()
    {
        var other = _model.NewPrimary();
        var primary = _model.NewPrimary();
        _model.Activate(primary, TestModel.SlowServer);

        Assert.False(_model.Fail(primary).Moved);
        Assert.Equal(primary, _model.Primary);
        Assert.True(_model.Activate(primary).Changed);
        Assert.Equal((primary, ServingStatus.Starting), (_model.Primary, _model[primary].Serving!.Status));
        Assert.Equal(other, _model.Deactivate(primary).To);
    }

    [Fact]
    public void L4_deletion_is_final_and_id_and_number_stay_taken()
    {
        var kept = _model.Draft("1.0.0");
        var version = _model.Draft("1.4.0");
        _model.Delete(version);

        Assert.Equal(ErrorCode.VersionExists, _model.Number(new Command.Deploy { Version = "1.4.0" }));
        Assert.Equal("1.5.0", _model.Number(new Command.Deploy()));
        Assert.Equal(version + 1, _model.State.NextOrdinal - 1);
        Assert.Equal((VersionState.Deleted, _model.Now), (_model[version].State, _model[version].DeletedAt));
        Assert.Equal(ErrorCode.VersionDeleted, _model.Run(new Command.Label("x", version)).Error);
        Assert.Equal(VersionState.Draft, _model[kept].State);
    }

    [Fact]
    public void L5_a_model_needs_no_active_version()
    {
        var version = _model.NewPrimary();

        _model.Deactivate(version);

        Assert.Null(_model.State.DeletedAt);
        Assert.Equal((0, 1), (_model.State.Active.Length, _model.State.VersionCount));
        Assert.Null(_model.Primary);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void L5_deleting_the_last_remaining_version_deletes_the_model(bool isInactive)
    {
        var first = _model.NewPrimary();
        var last = _model.Draft();
        if (isInactive)
        {
            _model.Deactivate(last);
        }

        Assert.False(_model.Delete(first).ModelDeleted);
        var answer = _model.Delete(last);

        Assert.True(answer.ModelDeleted);
        Assert.Equal((_model.Now, 0), (_model.State.DeletedAt, _model.State.VersionCount));
        Assert.Equal(EventType.ModelDeleted, _model.Events[^1].Type);
    }

    [Fact]
    public void L5_deploying_the_name_of_a_deleted_model_makes_a_new_model_with_a_new_id()
    {
        _model.Delete(_model.Draft("7.0.0"));
        var deleted = _model.State.Id;

        Assert.Equal("0.1.0", _model.Number(new Command.Deploy()));
        Assert.NotEqual(deleted, _model.State.Id);
        Assert.Equal(2, _model.State.NextOrdinal);
    }

    [Fact]
    public void L5_deleting_a_model_closes_its_active_versions_at_one_instant_and_only_tells_of_the_inactive_ones()
    {
        var primary = _model.NewPrimary();
        var draft = _model.Draft();
        var inactive = _model.Draft();
        _model.Deactivate(inactive);
        _model.Wait(500);
        var row = _model[inactive];

        var answer = _model.Run(new Command.DeleteModel());

        Assert.True(answer is { ModelDeleted: true, Moved: true, To: null });
        foreach (var version in (int[])[primary, draft])
        {
            Assert.Equal((VersionState.Deleted, _model.Now), (_model[version].State, _model[version].DeletedAt));
        }

        Assert.Equal((500, 500), (_model[primary].Meter.PublishedMilliseconds, _model[draft].Meter.DraftMilliseconds));
        Assert.Same(row, _model[inactive]);
        Assert.Equal(
            [
                EventType.VersionDeleted, EventType.UsageRecorded, EventType.VersionDeleted, EventType.UsageRecorded, EventType.PrimaryChanged,
                EventType.VersionDeleted, EventType.ModelDeleted,
            ],
            _model.Events[^7..].Select(happened => happened.Type));
        Assert.Equal(ErrorCode.VersionDeleted, _model.Activate(inactive).Error);
        Assert.Equal(ErrorCode.ModelDeleted, _model.Rollback().Error);
    }

    [Fact]
    public void L6_drafts_count_as_active_and_an_inactive_version_makes_room()
    {
        var model = new TestModel(maxActive: 2);
        var first = model.Draft();
        model.Published();
        Assert.Equal(ErrorCode.TooManyActiveVersions, model.Number(new Command.Deploy()));

        model.Deactivate(first);
        model.Draft();

        Assert.Equal(ErrorCode.TooManyActiveVersions, model.Activate(first).Error);
    }

    [Fact]
    public void L6_starting_a_failed_version_again_needs_no_room()
    {
        var model = new TestModel(maxActive: 1);
        var version = model.Draft(serving: TestModel.SlowServer);
        model.Fail(version);

        Assert.Null(model.Activate(version).Error);
    }

    [Fact]
    public void E3_a_patch_that_changes_nothing_stores_nothing()
    {
        var version = _model.Draft();
        _model.Run(new Command.Label("vision", version));
        var before = (_model.State, _model[version]);

        Assert.Equal(Answer.Unchanged, _model.Run(new Command.Label("vision", version)));
        Assert.Equal(Answer.Unchanged, _model.Run(new Command.Label(null, null)));
        Assert.Equal(before, (_model.State, _model[version]));
    }

    [Theory]
    [InlineData(63, null)]
    [InlineData(64, ErrorCode.ValidationFailed)]
    public void E3_a_patch_that_leads_to_more_than_64_labels_is_refused(int added, string? expected)
    {
        var ordinal = _model.Draft();
        _model.Run(new Command.Label("vision", ordinal));
        _model.Run(new Command.Label("vision", null));
        var labels = Enumerable.Range(0, added).ToDictionary(i => $"label {i}", string? (_) => "");
        var command = new PatchModelCommand
        {
            Context = new CommandContext { CommandId = Guid.Empty, Actor = "ann", Deadline = _model.Now },
            Labels = labels,
        };

        Assert.Equal(expected, Lifecycle.Patch(_model[ordinal], default, labels, _model.Now).Refusal?.Code);
        Assert.Equal(expected, ModelRules.Patch(_model.State, command).Error?.Code);
    }

    [Fact]
    public void A_version_that_exists_is_not_deployed_again_and_one_that_does_not_is_not_changed()
    {
        var version = _model[_model.Draft()];
        VersionTransition[] changes =
        [
            new PublishTransition(), new PromoteTransition(), new ActivateTransition(null), new DeactivateTransition(), new DeleteTransition(),
            new ServeTransition(new ServingResult(1, true, null)), new PatchTransition("text", default), new ReadTransition(),
        ];

        Assert.Null(new DeployTransition(version, Publish: true).Apply(version, _model.Now));
        Assert.All(changes, change => Assert.Null(change.Apply(null, _model.Now)));
        Assert.Same(version, new ReadTransition().Apply(version, _model.Now)!.State);
    }
}
