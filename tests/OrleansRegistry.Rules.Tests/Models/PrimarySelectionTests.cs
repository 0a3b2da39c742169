using OrleansRegistry.Reference;

namespace OrleansRegistry.Models;

/// <summary>Rules P1 to P5, clause by clause.</summary>
public sealed class PrimarySelectionTests
{
    private readonly TestModel _model = new();

    [Fact]
    public void P1_every_publish_draws_the_next_order_number()
    {
        var first = _model.Published(claims: true);
        var second = _model.Published(claims: false);
        var third = _model.Draft(serving: TestModel.SlowServer);
        _model.Publish(third);

        Assert.Equal((1, 2, 3, 3), (_model.PublishNumber(first), _model.PublishNumber(second), _model.PublishNumber(third), _model.State.Order));
    }

    [Fact]
    public void P1_a_draft_has_no_publish_number() => Assert.Null(_model.PublishNumber(_model.Draft()));

    [Fact]
    public void P1_promote_true_claims_under_either_policy_and_from_an_old_line()
    {
        _model.NewPrimary();
        _model.Draft("5.0.0");
        _model.Policy(PrimaryPolicy.Manual);

        var version = _model.Published("1.0.0", claims: true);

        Assert.Equal((version, PrimaryReason.Promoted), (_model.Primary, _model.Reason));
    }

    [Fact]
    public void P1_promote_false_does_not_claim()
    {
        var primary = _model.NewPrimary();

        Assert.False(_model.Publish(_model.Draft(), claims: false).Moved);
        Assert.Equal(primary, _model.Primary);
    }

    [Fact]
    public void P1_a_publish_that_says_nothing_claims_under_latest_published()
    {
        _model.NewPrimary();

        var version = _model.Published();

        Assert.Equal((version, PrimaryReason.Published), (_model.Primary, _model.Reason));
    }

    [Fact]
    public void P1_a_publish_that_says_nothing_does_not_claim_under_manual()
    {
        var primary = _model.NewPrimary();
        _model.Policy(PrimaryPolicy.Manual);

        var version = _model.Published();

        Assert.Equal(primary, _model.Primary);
        Assert.True(_model.IsHeldBack(version));
    }

    [Fact]
    public void P1_a_version_that_was_not_the_highest_when_deployed_does_not_claim()
    {
        var primary = _model.Published("2.0.0");

        _model.Published("1.0.0");

        Assert.Equal(primary, _model.Primary);
    }

    [Fact]
    public void P1_a_version_that_was_the_highest_when_deployed_claims_though_a_higher_one_came_since()
    {
        _model.NewPrimary();
        var draft = _model.Draft("2.0.0");
        _model.Draft("3.0.0");

        _model.Publish(draft);

        Assert.Equal(draft, _model.Primary);
    }

    [Fact]
    public void P1_that_it_was_the_highest_outlasts_a_deactivation()
    {
        _model.NewPrimary();
        var draft = _model.Draft("2.0.0");
        _model.Draft("3.0.0");
        _model.Deactivate(draft);
        _model.Activate(draft);

        _model.Publish(draft);

        Assert.Equal(draft, _model.Primary);
    }

    [Fact]
    public void P1_a_version_that_lacks_the_serving_spec_of_the_primary_does_not_claim()
    {
        var primary = _model.Published(serving: TestModel.Server);

        var version = _model.Published();

        Assert.Equal(primary, _model.Primary);
        Assert.True(_model.IsHeldBack(version));
    }

    [Fact]
    public void P1_a_version_without_serving_spec_claims_when_the_primary_has_none_either()
    {
        _model.NewPrimary();

        Assert.Equal(_model.Published(), _model.Primary);
    }

    [Fact]
    public void P1_a_version_without_serving_spec_claims_when_there_is_no_primary()
    {
        _model.Draft(serving: TestModel.Server);

        var version = _model.Published();

        Assert.Equal((version, PrimaryReason.Published), (_model.Primary, _model.Reason));
    }

    [Fact]
    public void P1_a_version_with_a_serving_spec_claims_from_a_primary_without()
    {
        _model.NewPrimary();

        Assert.Equal(_model.Published(serving: TestModel.Server), _model.Primary);
    }

    [Fact]
    public void P1_only_a_publish_sets_the_publish_number()
    {
        var version = _model.Published();
        _model.Published();
        _model.Promote(version);
        _model.Publish(version, claims: true);
        _model.Rollback();

        Assert.Equal(1, _model.PublishNumber(version));
    }

    [Fact]
    public void P1_no_change_draws_no_number()
    {
        var version = _model.Published();
        var other = _model.Published(claims: false);
        var before = _model.State;

        _model.Publish(version);
        _model.Publish(other);
        _model.Publish(other, claims: false);
        _model.Activate(other);

        Assert.Same(before, _model.State);
    }

    [Theory]
    [InlineData("starting")]
    [InlineData("failed")]
    public void P2_a_version_that_is_not_routable_cannot_be_promoted(string condition)
    {
        var version = _model.In(condition, isPublished: true);

        Assert.Equal(ErrorCode.NotRoutable, _model.Promote(version).Error);
    }

    [Fact]
    public void P2_a_routable_draft_can_be_promoted()
    {
        _model.NewPrimary();
        var draft = _model.Draft();

        var answer = _model.Promote(draft);

        Assert.Equal((draft, PrimaryReason.Promoted, VersionState.Draft), (answer.To, _model.Reason, _model[draft].State));
    }

    [Fact]
    public void P2_promote_promote_to_and_rollback_draw_a_number_at_once()
    {
        var (first, second) = (_model.NewPrimary(), _model.NewPrimary());
        _model.Promote(first);
        Assert.Equal((3, 3), (_model.State.Order, _model.State.Primary!.Order));
        _model.Rollback();
        Assert.Equal((second, 4, 4), (_model.Primary, _model.State.Order, _model.State.Primary!.Order));
        _model.Deactivate(second, promoteTo: _model.Id(first));
        Assert.Equal((first, 5, 5), (_model.Primary, _model.State.Order, _model.State.Primary!.Order));
    }

    [Fact]
    public void P2_promoting_the_primary_renews_its_number_and_nothing_else()
    {
        var primary = _model.NewPrimary();
        var slow = _model.Published(serving: TestModel.SlowServer);
        var before = _model.State.Primary!;
        _model.Wait(10);

        var answer = _model.Promote(primary);

        // The claim that waited is older than the renewed number: pending no more is a change.
        Assert.True(answer is { Changed: true, Moved: false });
        Assert.Equal(before with { Order = 3 }, _model.State.Primary);
        _model.Ready(slow);
        Assert.Equal(primary, _model.Primary);
    }

    [Fact]
    public void P3_a_claim_is_spent_when_its_version_becomes_routable()
    {
        var primary = _model.NewPrimary();
        var version = _model.Published(serving: TestModel.SlowServer);
        Assert.Equal((primary, version), (_model.Primary, _model.Pending));
        _model.Wait(10);

        var answer = _model.Ready(version);

        Assert.Equal((primary, version), (answer.From, answer.To));
        Assert.Equal((PrimaryReason.Published, "ann", _model.Now), (_model.Reason, _model.State.Primary!.By, _model.State.Primary.Since));
        Assert.Null(_model.Pending);
        Assert.Null(_model.Entry(version).Claim);
    }

    [Fact]
    public void P3_the_pointer_keeps_the_number_that_set_it()
    {
        _model.NewPrimary();
        var version = _model.Published(serving: TestModel.SlowServer);
        _model.Published(claims: false);
        _model.Ready(version);

        Assert.Equal(2, _model.State.Primary!.Order);
    }

    [Fact]
    public void P3_a_slow_start_does_not_steal_the_pointer_from_a_newer_publish()
    {
        var slow = _model.Published(serving: TestModel.SlowServer);
        var newer = _model.Published(serving: TestModel.Server);

        Assert.False(_model.Ready(slow).Moved);
        Assert.Equal(newer, _model.Primary);
        Assert.Null(_model.Entry(slow).Claim);
        Assert.False(_model.IsHeldBack(slow));
    }

    [Fact]
    public void P3_a_slow_start_does_not_steal_the_pointer_from_a_newer_promotion()
    {
        var (first, second) = (_model.Published(serving: TestModel.Server), _model.Published(serving: TestModel.Server));
        var slow = _model.Published(serving: TestModel.SlowServer);
        _model.Promote(first);

        Assert.False(_model.Ready(slow).Moved);
        Assert.Equal(first, _model.Primary);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void P3_of_two_slow_starts_the_newer_publish_wins_whichever_is_ready_first()
    {
        var (older, newer) = (_model.Published(serving: TestModel.SlowServer), _model.Published(serving: TestModel.SlowServer));
        Assert.Equal(newer, _model.Pending);

        _model.Ready(older);
        Assert.Equal((older, newer), (_model.Primary, _model.Pending));
        _model.Ready(newer);
        Assert.Equal(newer, _model.Primary);
    }

    [Fact]
    public void P3_deactivation_drops_a_claim_and_does_not_hold_the_version_back()
    {
        var primary = _model.NewPrimary();
        var version = _model.Published(serving: TestModel.SlowServer);
        _model.Deactivate(version);
        _model.Activate(version);
        _model.Ready(version);

        Assert.Equal(primary, _model.Primary);
        Assert.False(_model.IsHeldBack(version));
    }

    [Fact]
    public void P3_failed_keeps_a_claim()
    {
        _model.NewPrimary();
        var version = _model.Published(serving: TestModel.SlowServer);
        _model.Fail(version);
        Assert.Null(_model.Pending);
        _model.Activate(version);
        Assert.Equal(version, _model.Pending);
        _model.Ready(version);

        Assert.Equal(version, _model.Primary);
    }

    [Fact]
    public void P3_a_kept_claim_is_spent_when_the_version_is_activated_where_it_is_ready_at_once()
    {
        _model.NewPrimary();
        var version = _model.Published(serving: TestModel.SlowServer);
        _model.Fail(version);

        Assert.Equal(version, _model.Activate(version, TestModel.Server).To);
    }

    [Fact]
    public void P3_with_no_primary_every_claim_wins()
    {
        var slow = _model.Published(serving: TestModel.SlowServer);
        var newer = _model.Published();
        _model.Policy(PrimaryPolicy.Manual);
        _model.Deactivate(newer);
        Assert.Null(_model.Primary);

        _model.Ready(slow);

        Assert.Equal((slow, PrimaryReason.Published, 1), (_model.Primary, _model.Reason, _model.State.Primary!.Order));
    }

    [Fact]
    public void P3_a_new_claim_of_a_published_version_replaces_the_one_that_waits()
    {
        _model.Policy(PrimaryPolicy.Manual);
        var slow = _model.Published(serving: TestModel.SlowServer, claims: true);
        _model.NewPrimary();
        Assert.Null(_model.Pending);

        var answer = _model.Publish(slow, claims: true);

        Assert.True(answer is { Changed: true, Moved: false });
        Assert.Equal(slow, _model.Pending);
        _model.Ready(slow);
        Assert.Equal((slow, PrimaryReason.Promoted), (_model.Primary, _model.Reason));
    }

    [Theory]
    [InlineData(PrimaryPolicy.LatestPublished, false)]
    [InlineData(PrimaryPolicy.LatestPublished, true)]
    [InlineData(PrimaryPolicy.Manual, false)]
    [InlineData(PrimaryPolicy.Manual, true)]
    public void P4_when_the_primary_stops_being_active_the_latest_published_takes_the_pointer_under_both_policies(PrimaryPolicy policy, bool isDeleted)
    {
        _model.NewPrimary();
        var (second, third) = (_model.NewPrimary(), _model.NewPrimary());
        _model.Draft();
        _model.Policy(policy);

        var answer = isDeleted ? _model.Delete(third) : _model.Deactivate(third);

        Assert.Equal((third, second, PrimaryReason.Fallback), (answer.From, answer.To, _model.Reason));
    }

    [Fact]
    public void P4_the_latest_published_is_meant_and_not_the_latest_primary_or_the_highest_number()
    {
        var first = _model.Published("1.0.0");
        var high = _model.Draft("9.0.0");
        var primary = _model.Published("10.0.0");
        _model.Publish(high, claims: true);
        var latest = _model.Published("2.0.0", claims: true);
        _model.Promote(first);
        _model.Promote(primary);

        Assert.Equal(latest, _model.Deactivate(primary).To);
    }

    [Fact]
    public void P4_a_fallback_takes_the_publish_number_of_its_version()
    {
        var fallback = _model.NewPrimary();
        var waiting = _model.Published(serving: TestModel.SlowServer);
        var primary = _model.NewPrimary();
        _model.Deactivate(primary);
        Assert.Equal((fallback, 1), (_model.Primary, _model.State.Primary!.Order));

        _model.Ready(waiting);

        Assert.Equal(waiting, _model.Primary);
    }

    [Fact]
    public void P4_fallback_prefers_versions_that_are_not_held_back()
    {
        var first = _model.NewPrimary();
        var primary = _model.NewPrimary();
        var heldBack = _model.Published(claims: false);

        Assert.Equal(first, _model.Deactivate(primary).To);
        Assert.Equal(heldBack, _model.Deactivate(first).To);
    }

    [Fact]
    public void P4_a_fallback_does_not_end_being_held_back()
    {
        var primary = _model.NewPrimary();
        var heldBack = _model.Published(claims: false);
        _model.Deactivate(primary);

        Assert.Equal(heldBack, _model.Primary);
        Assert.True(_model.IsHeldBack(heldBack));
    }

    [Fact]
    public void P4_drafts_and_versions_that_are_not_routable_are_no_fallback()
    {
        var primary = _model.NewPrimary();
        _model.Draft();
        _model.In("starting", isPublished: true);
        _model.In("failed", isPublished: true);
        _model.In("inactive", isPublished: true);

        var answer = _model.Deactivate(primary);

        Assert.True(answer is { Moved: true, To: null });
        Assert.Null(_model.Primary);
        Assert.Equal([primary], _model.History);
    }

    [Fact]
    public void P4_the_pointer_moves_to_promote_to_even_when_it_is_a_draft()
    {
        _model.NewPrimary();
        var primary = _model.NewPrimary();
        var draft = _model.Draft();

        var answer = _model.Deactivate(primary, promoteTo: _model.Id(draft));

        Assert.Equal((draft, PrimaryReason.Promoted), (answer.To, _model.Reason));
    }

    [Theory]
    [InlineData("starting")]
    [InlineData("failed")]
    [InlineData("inactive")]
    [InlineData("deleted")]
    public void P4_promote_to_must_be_routable(string condition)
    {
        var primary = _model.NewPrimary();
        var version = _model.In(condition, isPublished: true);

        Assert.Equal(ErrorCode.NotRoutable, _model.Deactivate(primary, promoteTo: _model.Id(version)).Error);
        Assert.Equal(ErrorCode.NotRoutable, _model.Delete(primary, promoteTo: _model.Id(version)).Error);
        Assert.Equal(primary, _model.Primary);
    }

    [Fact]
    public void P4_promote_to_must_be_another_version_of_this_model()
    {
        var primary = _model.NewPrimary();
        var other = _model.Draft();

        foreach (var named in (string[])[_model.Id(primary), $"0therm0de1-{other}", _model.Id(99), "nonsense", ""])
        {
            Assert.Equal(ErrorCode.NotRoutable, _model.Deactivate(primary, promoteTo: named).Error);
        }
    }

    [Fact]
    public void P4_promote_to_is_validated_and_used_only_if_the_version_is_primary()
    {
        var primary = _model.NewPrimary();
        var (first, second) = (_model.Draft(), _model.Draft());

        Assert.Null(_model.Deactivate(first, promoteTo: "nonsense").Error);
        Assert.Null(_model.Delete(second, promoteTo: _model.Id(second)).Error);
        Assert.Equal(primary, _model.Primary);
    }

    [Fact]
    public void P4_a_version_published_without_a_claim_while_not_primary_is_held_back()
    {
        _model.NewPrimary();

        Assert.True(_model.IsHeldBack(_model.Published(claims: false)));
    }

    [Fact]
    public void P4_a_version_published_without_a_claim_while_primary_is_not_held_back()
    {
        var draft = _model.Draft();
        _model.Promote(draft);

        _model.Publish(draft, claims: false);

        Assert.False(_model.IsHeldBack(draft));
    }

    [Fact]
    public void P4_a_version_left_by_a_rollback_is_held_back_and_the_others_are_not()
    {
        var (first, second, third) = (_model.NewPrimary(), _model.NewPrimary(), _model.NewPrimary());
        _model.Deactivate(second);

        Assert.Equal(first, _model.Rollback().To);

        Assert.Equal((false, false, true), (_model.IsHeldBack(first), _model.IsHeldBack(second), _model.IsHeldBack(third)));
    }

    [Fact]
    public void P4_promote_ends_being_held_back()
    {
        _model.NewPrimary();
        var version = _model.Published(claims: false);
        _model.Promote(version);

        Assert.False(_model.IsHeldBack(version));
    }

    [Fact]
    public void P4_promote_to_ends_being_held_back()
    {
        var primary = _model.NewPrimary();
        var version = _model.Published(claims: false);
        _model.Deactivate(primary, promoteTo: _model.Id(version));

        Assert.False(_model.IsHeldBack(version));
    }

    [Fact]
    public void P4_a_rollback_to_a_version_ends_its_being_held_back()
    {
        var heldBack = FallenBackOn();
        _model.NewPrimary();
        Assert.True(_model.IsHeldBack(heldBack));

        Assert.Equal(heldBack, _model.Rollback().To);

        Assert.False(_model.IsHeldBack(heldBack));
    }

    [Fact]
    public void P4_a_winning_claim_ends_being_held_back_and_a_losing_one_does_not()
    {
        _model.NewPrimary();
        var winner = _model.Published(claims: false, serving: TestModel.SlowServer);
        var loser = _model.Published(claims: false, serving: TestModel.SlowServer);
        _model.Publish(loser, claims: true);
        _model.Publish(winner, claims: true);
        Assert.Equal((true, true), (_model.IsHeldBack(winner), _model.IsHeldBack(loser)));

        _model.Ready(winner);
        _model.Ready(loser);

        Assert.Equal((false, true), (_model.IsHeldBack(winner), _model.IsHeldBack(loser)));
    }

    [Fact]
    public void P4_being_held_back_and_the_publish_number_outlast_a_deactivation()
    {
        _model.NewPrimary();
        var version = _model.Published(claims: false);
        _model.Deactivate(version);
        Assert.Equal((true, 2), (_model[version].Entry!.HeldBack, _model[version].Entry!.PublishNumber));

        _model.Activate(version);

        Assert.Equal((true, 2), (_model.Entry(version).HeldBack, _model.Entry(version).PublishNumber));
        Assert.Null(_model[version].Entry);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void P4_under_latest_published_a_published_version_that_becomes_routable_without_a_primary_takes_the_pointer(bool isHeldBack)
    {
        var version = isHeldBack ? _model.Published(claims: false) : _model.Published();
        _model.Deactivate(version);
        Assert.Null(_model.Primary);
        _model.Run(new Command.Deploy());

        _model.Activate(version);

        Assert.Equal((version, PrimaryReason.Activated, 1), (_model.Primary, _model.Reason, _model.State.Primary!.Order));
        Assert.Equal(isHeldBack, _model.IsHeldBack(version));
    }

    [Fact]
    public void P4_under_latest_published_a_deployment_without_a_claim_takes_the_pointer_when_there_is_no_primary()
    {
        var version = _model.Published(claims: false);

        Assert.Equal((version, PrimaryReason.Activated), (_model.Primary, _model.Reason));
    }

    [Fact]
    public void P4_under_latest_published_a_version_that_is_ready_takes_the_pointer_when_there_is_no_primary()
    {
        var version = _model.Published(claims: false, serving: TestModel.SlowServer);
        Assert.Equal(version, _model.Pending);

        _model.Ready(version);

        Assert.Equal((version, PrimaryReason.Activated), (_model.Primary, _model.Reason));
    }

    [Fact]
    public void P4_under_manual_a_version_that_becomes_routable_does_not_take_the_pointer()
    {
        _model.Draft();
        _model.Policy(PrimaryPolicy.Manual);
        var version = _model.Published(serving: TestModel.SlowServer);
        Assert.Null(_model.Pending);
        _model.Ready(version);
        _model.Deactivate(version);
        _model.Activate(version, TestModel.Server);

        Assert.Null(_model.Primary);
    }

    [Fact]
    public void P4_a_draft_that_becomes_routable_does_not_take_the_pointer()
    {
        _model.Draft();

        Assert.Null(_model.Primary);
    }

    [Fact]
    public void P4_publishing_a_routable_draft_without_a_claim_does_not_take_the_pointer()
    {
        _model.Publish(_model.Draft(), claims: false);

        Assert.Null(_model.Primary);
    }

    [Fact]
    public void P4_changing_the_policy_moves_nothing()
    {
        _model.Draft();
        _model.Policy(PrimaryPolicy.Manual);
        _model.Published();

        var answer = _model.Policy(PrimaryPolicy.LatestPublished);

        Assert.True(answer is { Changed: true, Moved: false });
        Assert.Null(_model.Primary);
    }

    [Fact]
    public void P4_refuse_if_primary_refuses_only_the_primary()
    {
        var primary = _model.NewPrimary();
        var other = _model.Draft();

        Assert.Equal(ErrorCode.IsPrimary, _model.Deactivate(primary, refuseIfPrimary: true).Error);
        Assert.Equal(ErrorCode.IsPrimary, _model.Delete(primary, promoteTo: _model.Id(other), refuseIfPrimary: true).Error);
        Assert.Null(_model.Deactivate(other, refuseIfPrimary: true).Error);
    }

    [Fact]
    public void P5_history_holds_the_last_ten_primaries()
    {
        int[] all = [.. Enumerable.Range(0, 12).Select(_ => _model.NewPrimary())];

        Assert.Equal(all[2..], _model.History);
    }

    [Fact]
    public void P5_history_holds_none_twice()
    {
        var (first, second, third) = (_model.NewPrimary(), _model.NewPrimary(), _model.NewPrimary());
        _model.Promote(first);
        Assert.Equal([second, third, first], _model.History);
        _model.Promote(first);
        Assert.Equal([second, third, first], _model.History);
    }

    [Fact]
    public void P5_rollback_goes_to_the_primary_before()
    {
        var (first, second) = (_model.NewPrimary(), _model.NewPrimary());

        var answer = _model.Rollback();

        Assert.Equal((second, first, PrimaryReason.Rollback), (answer.From, answer.To, _model.Reason));
    }

    [Fact]
    public void P5_rollback_passes_over_what_is_not_routable_and_what_follows_the_target_leaves_history()
    {
        var (first, second, third, fourth) = (_model.NewPrimary(), _model.NewPrimary(), _model.NewPrimary(), _model.NewPrimary());
        _model.Deactivate(third);
        Assert.Equal([first, second, third, fourth], _model.History);

        Assert.Equal(second, _model.Rollback().To);

        Assert.Equal([first, second], _model.History);
    }

    [Theory]
    [InlineData("starting")]
    [InlineData("failed")]
    public void P5_rollback_passes_over_an_active_version_that_is_not_up(string condition)
    {
        var first = _model.NewPrimary();
        var second = _model.Published(serving: TestModel.SlowServer);
        _model.Ready(second);
        var third = _model.NewPrimary();
        _model.Deactivate(second);
        _model.Activate(second);
        if (condition == "failed")
        {
            _model.Fail(second);
        }

        Assert.Equal([first, second, third], _model.History);
        Assert.Equal(first, _model.Rollback().To);
    }

    [Fact]
    public void P5_rollback_twice_goes_on_and_not_back()
    {
        var (first, _, _) = (_model.NewPrimary(), _model.NewPrimary(), _model.NewPrimary());
        _model.Rollback();

        Assert.Equal(first, _model.Rollback().To);
        Assert.Equal([first], _model.History);
        Assert.Equal(ErrorCode.NoPreviousPrimary, _model.Rollback().Error);
    }

    [Fact]
    public void P5_rollback_without_a_primary_goes_to_the_latest_routable_one_and_holds_none_back()
    {
        var first = _model.Draft();
        var second = _model.Draft();
        _model.Promote(first);
        _model.Promote(second);
        _model.Promote(first);
        _model.Deactivate(first);
        Assert.Null(_model.Primary);

        var answer = _model.Rollback();

        Assert.Equal((null, second), (answer.From, answer.To));
        Assert.Equal([second], _model.History);
        Assert.Equal((false, false), (_model.IsHeldBack(first), _model.IsHeldBack(second)));
    }

    [Fact]
    public void P5_rollback_without_a_primary_may_go_to_the_one_that_was_lost_last()
    {
        var version = _model.Draft();
        _model.Promote(version);
        _model.Deactivate(version);
        _model.Activate(version);
        Assert.Null(_model.Primary);

        Assert.Equal(version, _model.Rollback().To);
    }

    [Fact]
    public void P5_rollback_without_a_target_is_refused()
    {
        _model.Draft();
        Assert.Equal(ErrorCode.NoPreviousPrimary, _model.Rollback().Error);
        var (first, _) = (_model.NewPrimary(), _model.NewPrimary());
        _model.Deactivate(first);

        Assert.Equal(ErrorCode.NoPreviousPrimary, _model.Rollback().Error);
    }

    [Fact]
    public void P5_from_must_be_the_primary()
    {
        var primary = _model.NewPrimary();
        var (draft, published) = (_model.Draft(), _model.Published(claims: false));
        Optional<string>[] others = [_model.Id(draft), new Optional<string>(true, null), "nonsense", $"0therm0de1-{primary}"];

        foreach (var other in others)
        {
            Assert.Equal(ErrorCode.PrimaryMoved, _model.Promote(draft, other).Error);
            Assert.Equal(ErrorCode.PrimaryMoved, _model.Publish(draft, claims: true, other).Error);
            Assert.Equal(ErrorCode.PrimaryMoved, _model.Publish(published, claims: true, other).Error);
            Assert.Equal(ErrorCode.PrimaryMoved, _model.Rollback(other).Error);
        }

        Assert.Equal(VersionState.Draft, _model[draft].State);
        Assert.Equal(draft, _model.Promote(draft, _model.Id(primary)).To);
        Assert.Equal(published, _model.Publish(published, claims: true, _model.Id(draft)).To);
        Assert.Equal(draft, _model.Rollback(_model.Id(published)).To);
    }

    [Fact]
    public void P5_from_null_is_met_when_there_is_no_primary()
    {
        var (first, second) = (_model.Draft(), _model.Draft());
        var none = new Optional<string>(true, null);

        Assert.Equal(ErrorCode.PrimaryMoved, _model.Promote(first, _model.Id(second)).Error);
        Assert.Null(_model.Promote(first, none).Error);
        _model.Deactivate(first);
        _model.Activate(first);
        Assert.Equal(first, _model.Rollback(none).To);
    }

    [Fact]
    public void P5_promoting_or_publishing_the_present_primary_answers_unchanged_whatever_from_says_and_renews_the_number()
    {
        var primary = _model.NewPrimary();
        var (history, events) = (_model.History, _model.Events.Count);

        Assert.Equal(Answer.Unchanged, _model.Promote(primary, "nonsense"));
        Assert.Equal(2, _model.State.Primary!.Order);
        Assert.Equal(Answer.Unchanged, _model.Publish(primary, claims: true, "nonsense"));
        Assert.Equal(3, _model.State.Primary!.Order);
        Assert.Equal((history.Length, events), (_model.History.Length, _model.Events.Count));
    }

    [Fact]
    public void P5_every_move_is_an_event()
    {
        var (first, second) = (_model.NewPrimary(), _model.NewPrimary());
        _model.Run(new Command.Promote(first) { By = "ben" });
        _model.Wait(5);
        _model.Run(new Command.Delete(first) { By = "cas" });

        var moves = _model.Events.Where(happened => happened.Type == EventType.PrimaryChanged).ToList();

        Assert.Equal(["ann", "ann", "ben", "cas"], moves.Select(move => move.Actor));
        Assert.Equal((_model.Now, _model.Id(second)), (moves[^1].At, moves[^1].VersionId));
        Assert.Equal(
            [
                Moved(null, first, "promoted"),
                Moved(first, second, "promoted"),
                Moved(second, first, "promoted"),
                Moved(first, second, "fallback"),
            ],
            moves.Select(move => move.Data));
    }

    [Fact]
    public void P5_a_claim_that_waited_moves_the_pointer_in_the_name_of_who_claimed_it_and_says_why()
    {
        var version = _model.Draft(serving: TestModel.SlowServer);
        _model.Run(new Command.Publish(version, Claims: true) { By = "ben", Comment = "It is faster" });

        _model.Ready(version);

        Assert.Equal(("system", null), Author(EventType.VersionReady));
        Assert.Equal(("ben", "It is faster"), Author(EventType.PrimaryChanged));
        Assert.Equal(("ben", "It is faster"), (_model.State.Primary!.By, _model.State.Primary.Comment));
    }

    [Fact]
    public void P5_a_move_says_why_and_what_changes_nothing_says_nothing()
    {
        var version = _model.Draft();
        _model.Run(new Command.Promote(version) { Comment = "The first one" });
        var events = _model.Events.Count;

        _model.Run(new Command.Promote(version) { Comment = "Again" });
        _model.Run(new Command.Activate(version) { Comment = "Again" });

        Assert.Equal("The first one", _model.Events[^1].Comment);
        Assert.Equal((events, "The first one"), (_model.Events.Count, _model.State.Primary!.Comment));
    }

    private (string Actor, string? Comment) Author(string type)
    {
        var happened = _model.Events.Last(happened => happened.Type == type);
        return (happened.Actor, happened.Comment);
    }

    /// <summary>What an event says of a move.</summary>
    private string Moved(int? from, int? to, string reason) =>
        $$"""{"from":{{Id(from)}},"from_version":{{Number(from)}},"to":{{Id(to)}},"to_version":{{Number(to)}},"reason":"{{reason}}"}""";

    private string Id(int? ordinal) => ordinal is { } version ? $"\"{_model.Id(version)}\"" : "null";

    private string Number(int? ordinal) => ordinal is { } version ? $"\"{_model[version].Version}\"" : "null";

    /// <summary>A version that is primary by fallback and still held back.</summary>
    private int FallenBackOn()
    {
        var primary = _model.NewPrimary();
        var heldBack = _model.Published(claims: false);
        _model.Delete(primary);
        Assert.Equal((heldBack, true), (_model.Primary, _model.IsHeldBack(heldBack)));
        return heldBack;
    }
}
