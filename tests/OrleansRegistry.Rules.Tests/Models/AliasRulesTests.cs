using OrleansRegistry.Reference;

namespace OrleansRegistry.Models;

/// <summary>Rules AL1 to AL10, and the histories that concern aliases.</summary>
public sealed class AliasRulesTests
{
    private readonly TestModel _model = new();

    [Theory]
    [InlineData("staging", true)]
    [InlineData("v1-blue", true)]
    [InlineData("a_b", true)]
    [InlineData("a", false)]
    [InlineData("1a", false)]
    [InlineData("a-", false)]
    [InlineData("a_", false)]
    [InlineData("Staging", false)]
    [InlineData("stägings", false)]
    [InlineData("v12", false)]
    [InlineData("vx", false)]
    [InlineData("abcdefghjk-1", false)]
    [InlineData("primary", false)]
    [InlineData("canary", false)]
    [InlineData("shadow", false)]
    [InlineData("latest", false)]
    [InlineData("none", false)]
    public void AL1_a_name_is_no_text_that_means_something_without_it(string name, bool isName) =>
        Assert.Equal(isName, FieldRules.Alias(name) is null);

    [Fact]
    public void AL1_a_model_has_at_most_32_aliases()
    {
        _model.Published();
        for (var i = 0; i < FieldRules.MaxAliases; i++)
        {
            Assert.Null(_model.SetAlias($"a{i}a", "0.1.0").Error);
        }

        Assert.Equal(ErrorCode.TooManyAliases, _model.SetAlias("one-more", "0.1.0").Error);
        Assert.Equal(ErrorCode.TooManyAliases, _model.Run(new Command.Deploy { Aliases = ["one-more"] }).Error);
        var draft = _model.Draft();
        Assert.Equal(ErrorCode.TooManyAliases, _model.Run(new Command.Publish(draft) { Aliases = ["one-more"] }).Error);
        Assert.Null(_model.Run(new Command.Publish(draft) { Aliases = ["a0a"] }).Error);
        Assert.Null(_model.Run(new Command.RemoveAlias("a0a")).Error);
        Assert.Null(_model.SetAlias("one-more", "0.1.0").Error);
    }

    [Theory]
    [InlineData("@staging", "0.1.0")]
    [InlineData("@primary", "0.2.0")]
    [InlineData("staging", ErrorCode.InvalidSelector)]
    [InlineData("@latest", ErrorCode.InvalidSelector)]
    [InlineData("@1.0.0", ErrorCode.InvalidSelector)]
    [InlineData("@@staging", ErrorCode.InvalidSelector)]
    [InlineData("@", ErrorCode.InvalidSelector)]
    [InlineData("@canary", ErrorCode.NoRollout)]
    [InlineData("@other", ErrorCode.AliasNotFound)]
    public void AL2_a_selector_with_at_leads_to_the_version_of_the_alias(string selector, string expected)
    {
        _model.Published();
        _model.SetAlias("staging", "0.1.0");
        _model.NewPrimary();

        var resolved = Table.Route(selector);

        Assert.Equal(expected, resolved.Value?.Version ?? resolved.Error!.Code);
        Assert.Equal(selector == "@staging" ? ResolvedBy.Alias : ResolvedBy.Primary, resolved.Value?.ResolvedBy ?? default);
        Assert.Equal(selector == "@staging" ? "staging" : null, resolved.Value?.Alias);
        Assert.Equal(ErrorCode.InvalidSelector, Table.Resolve(selector).Error!.Code);
    }

    [Theory]
    [InlineData("staging", "@staging")]
    [InlineData("primary", "@primary")]
    [InlineData("canary", "@canary")]
    [InlineData("1.2.0", "1.2.0")]
    [InlineData("^1", "^1")]
    [InlineData("v12", "v12")]
    [InlineData("latest", "latest")]
    [InlineData("Staging", "Staging")]
    public void AL2_behind_a_name_what_is_no_other_selector_is_an_alias(string text, string expected) =>
        Assert.Equal(expected, VersionSelector.Behind(text));

    [Fact]
    public void AL3_an_alias_is_set_by_number_id_alias_and_primary()
    {
        var first = _model.NewPrimary();
        var second = _model.NewPrimary();
        Assert.Equal($"staging:  {_model.Id(first)}", _model.SetAlias("staging", "0.1.0").AliasMoves);
        Assert.Equal($"staging: {_model.Id(first)} {_model.Id(second)}", _model.SetAlias("staging", _model.Id(second)).AliasMoves);
        Assert.Equal($"production:  {_model.Id(second)}", _model.SetAlias("production", "@staging").AliasMoves);
        Assert.Equal($"other:  {_model.Id(second)}", _model.SetAlias("other", "@primary").AliasMoves);
        Assert.Equal([AliasReason.Promoted, AliasReason.Promoted, AliasReason.Set], _model.State.Aliases!.Select(alias => alias.Reason));
        Assert.Equal(ErrorCode.ValidationFailed, _model.SetAlias("staging", "^0.1").Error);
        Assert.Equal(ErrorCode.VersionNotFound, _model.SetAlias("staging", "7.0.0").Error);
    }

    [Fact]
    public void AL3_an_alias_is_set_to_a_routable_version_only()
    {
        _model.Published();
        var starting = _model.Draft(serving: TestModel.SlowServer);
        Assert.Equal(ErrorCode.NotRoutable, _model.SetAlias("staging", _model.Id(starting)).Error);
        _model.Fail(starting);
        Assert.Equal(ErrorCode.NotRoutable, _model.SetAlias("staging", _model.Id(starting)).Error);
        _model.Deactivate(starting);
        Assert.Equal(ErrorCode.VersionInactive, _model.SetAlias("staging", _model.Id(starting)).Error);
        Assert.Equal(ErrorCode.VersionInactive, _model.SetAlias("staging", "0.2.0").Error);
        _model.Delete(starting);
        Assert.Equal(ErrorCode.VersionDeleted, _model.SetAlias("staging", "0.2.0").Error);
        Assert.Null(_model.State.Aliases);
    }

    [Fact]
    public void AL3_from_is_compared_unless_the_alias_is_there_already()
    {
        var (first, second) = (_model.Published(), _model.Published());
        Assert.Equal(ErrorCode.AliasMoved, _model.SetAlias("staging", "0.1.0", _model.Id(first)).Error);
        Assert.Null(_model.SetAlias("staging", "0.1.0", new Optional<string>(true, null)).Error);
        Assert.Equal(ErrorCode.AliasMoved, _model.SetAlias("staging", "0.2.0", new Optional<string>(true, null)).Error);
        Assert.True(_model.SetAlias("staging", "0.2.0", _model.Id(first)).Changed);
        var repeated = _model.SetAlias("staging", "0.2.0", _model.Id(first));
        Assert.Equal((null, false), (repeated.Error, repeated.Changed));
        Assert.Equal(second, Alias("staging").Target!.Ordinal);
    }

    [Fact]
    public void AL3_setting_it_to_its_version_renews_the_number()
    {
        _model.Published();
        _model.SetAlias("staging", "0.1.0");
        var slow = _model.Run(new Command.Deploy { Serving = TestModel.SlowServer, Aliases = ["staging"] });
        Assert.Null(slow.Error);
        Assert.True(_model.SetAlias("staging", "0.1.0").Changed);
        Assert.False(_model.SetAlias("staging", "0.1.0").Changed);
        Assert.Equal(_model.State.Order, Alias("staging").Order);

        _model.Ready(2);

        Assert.Equal(1, Alias("staging").Target!.Ordinal);
        Assert.Null(_model.Entry(2).AliasClaims);
    }

    [Fact]
    public void AL4_a_claim_is_spent_when_the_version_becomes_routable()
    {
        _model.Run(new Command.Deploy { Serving = TestModel.SlowServer, Aliases = ["staging"], By = "ben", Comment = "nightly" });
        Assert.Null(Alias("staging").Target);
        Assert.Equal(ErrorCode.AliasEmpty, Table.Route("@staging").Error!.Code);
        Assert.Equal(1, AliasRules.Pending(_model.State, Alias("staging"))!.Ordinal);

        _model.Ready(1);

        Assert.Equal((1, AliasReason.Claimed, "ben", "nightly"), (Alias("staging").Target!.Ordinal, Alias("staging").Reason, Alias("staging").By, Alias("staging").Comment));
        Assert.Equal(("ben", "nightly"), (_model.Events[^1].Actor, _model.Events[^1].Comment));
    }

    [Fact]
    public void AL4_a_claim_loses_against_a_newer_move_and_wins_if_the_alias_was_emptied()
    {
        _model.Published();
        _model.Run(new Command.Deploy { Serving = TestModel.SlowServer, Aliases = ["staging", "production"] });
        _model.SetAlias("staging", "0.1.0");
        _model.SetAlias("production", "0.1.0");
        var third = _model.Published();
        _model.SetAlias("production", _model.Id(third));
        _model.Delete(third);

        _model.Ready(2);

        Assert.Equal(1, Alias("staging").Target!.Ordinal);
        Assert.Equal(2, Alias("production").Target!.Ordinal);
    }

    [Fact]
    public void AL4_deactivation_drops_claims_and_a_failed_start_keeps_them()
    {
        _model.Published();
        _model.Run(new Command.Deploy { Serving = TestModel.SlowServer, Aliases = ["staging"] });
        _model.Fail(2);
        _model.Activate(2);
        _model.Ready(2);
        Assert.Equal(2, Alias("staging").Target!.Ordinal);

        _model.Run(new Command.Deploy { Serving = TestModel.SlowServer, Aliases = ["staging"] });
        _model.Deactivate(3);
        _model.Activate(3);
        _model.Ready(3);
        Assert.Equal(2, Alias("staging").Target!.Ordinal);
    }

    [Fact]
    public void AL4_publishing_what_is_published_draws_none()
    {
        _model.Published();
        var answer = _model.Run(new Command.Publish(1) { Aliases = ["staging"] });
        Assert.Equal((null, false, ""), (answer.Error, answer.Changed, answer.AliasMoves));
        Assert.Null(_model.State.Aliases);
    }

    [Fact]
    public void AL4_removing_an_alias_drops_the_claims_to_it()
    {
        _model.Published();
        _model.Run(new Command.Deploy { Serving = TestModel.SlowServer, Aliases = ["staging", "production"] });
        _model.Run(new Command.RemoveAlias("staging"));
        _model.SetAlias("staging", "0.1.0");

        _model.Ready(2);

        Assert.Equal((1, 2), (Alias("staging").Target!.Ordinal, Alias("production").Target!.Ordinal));
    }

    [Fact]
    public void AL5_history_8_an_alias_answers_as_its_version_and_comes_back_with_it()
    {
        _model.NewPrimary();
        var version = _model.Published(claims: false, serving: TestModel.SlowServer);
        _model.Ready(version);
        _model.SetAlias("staging", "0.2.0");

        _model.Deactivate(version);
        Assert.Equal(ErrorCode.VersionNotFound, Table.Route("@staging").Error!.Code);
        Assert.Equal(Table.Route("0.2.0").Error, Table.Route("@staging").Error);
        _model.Activate(version);
        Assert.Equal(ErrorCode.VersionStarting, Table.Route("@staging").Error!.Code);
        _model.Ready(version);
        Assert.Equal("0.2.0", Table.Route("@staging").Value!.Version);
        Assert.Single(_model.Events, happened => happened.Type == EventType.AliasChanged);
    }

    [Fact]
    public void AL5_history_1_deleting_the_version_empties_the_alias_in_the_same_write()
    {
        var first = _model.NewPrimary();
        var second = _model.Published(claims: false);
        _model.SetAlias("staging", _model.Id(first));
        _model.SetAlias("staging", _model.Id(second), isProtected: true);
        Assert.Equal(ErrorCode.VersionReferenced, _model.Run(new Command.Delete(second) { RefuseIfReferenced = true, ReleasesAliases = true }).Error);

        var answer = _model.Run(new Command.Delete(second) { ReleasesAliases = true, By = "ben" });

        Assert.Equal($"staging: {_model.Id(second)} ", answer.AliasMoves);
        Assert.Equal((null, true, AliasReason.Emptied, "ben"), (Alias("staging").Target, Alias("staging").Protected, Alias("staging").Reason, Alias("staging").By));
        Assert.Equal([first], Alias("staging").History.Select(past => past.Ordinal));
        Assert.Equal(ErrorCode.AliasEmpty, Table.Route("@staging").Error!.Code);
        Assert.Equal([EventType.VersionDeleted, EventType.AliasChanged], _model.Events[^2..].Select(happened => happened.Type));
        Assert.Equal("0.1.0", Table.Route(null).Value!.Version);
    }

    [Fact]
    public void AL5_deleting_an_inactive_version_empties_its_alias_too()
    {
        _model.NewPrimary();
        var version = _model.Published(claims: false);
        _model.SetAlias("staging", "0.2.0");
        _model.Deactivate(version);
        _model.Delete(version);
        Assert.Null(Alias("staging").Target);
        Assert.Empty(Alias("staging").History);
    }

    [Fact]
    public void AL6_deleting_what_a_protected_alias_points_to_needs_to_release_it()
    {
        var first = _model.NewPrimary();
        _model.SetAlias("production", "0.1.0", isProtected: true);
        Assert.Equal(ErrorCode.AliasProtected, _model.Delete(first).Error);
        Assert.Equal(ErrorCode.AliasProtected, _model.Run(new Command.DeleteModel()).Error);
        var second = _model.Published();
        Assert.Equal(ErrorCode.AliasProtected, _model.Delete(first).Error);
        Assert.Null(_model.Run(new Command.Delete(first) { ReleasesAliases = true }).Error);
        Assert.Equal(ErrorCode.AliasProtected, _model.Delete(second).Error);
        Assert.True(_model.Run(new Command.Delete(second) { ReleasesAliases = true }).ModelDeleted);
    }

    [Fact]
    public void AL6_only_an_admin_touches_a_protected_alias()
    {
        _model.NewPrimary();
        _model.SetAlias("open", "0.1.0");
        _model.SetAlias("production", "0.1.0", isProtected: true);
        var second = _model.Published();
        _model.SetAlias("production", "@primary");
        var before = _model.State;
        foreach (var command in (Command[])
        [
            new Command.SetAlias("production", "0.1.0"), new Command.SetAlias("production", "0.2.0", Protected: false),
            new Command.SetAlias("fresh", "0.2.0", Protected: true), new Command.SetAlias("open", "0.1.0", Protected: true),
            new Command.RollbackAlias("production"), new Command.RemoveAlias("production"), new Command.Deactivate(second),
            new Command.Deploy { Aliases = ["production"] }, new Command.Deploy { Aliases = ["production"], Serving = TestModel.SlowServer },
        ])
        {
            Assert.Null(_model.Run(command).Error);
            Assert.Equal(ErrorCode.Forbidden, AliasRules.Forbid(before, _model.State, Role.Deployer)?.Code);
            Assert.Null(AliasRules.Forbid(before, _model.State, Role.Admin));
            _model.Restore(before);
        }

        foreach (var command in (Command[])
        [
            new Command.SetAlias("open", "0.2.0"), new Command.SetAlias("copy", "@production"), new Command.Deactivate(1), new Command.Promote(1),
            new Command.Deploy { Aliases = ["open"] },
        ])
        {
            Assert.Null(_model.Run(command).Error);
            Assert.Null(AliasRules.Forbid(before, _model.State, Role.Deployer));
            _model.Restore(before);
        }
    }

    [Fact]
    public void AL7_rollback_goes_to_the_latest_routable_version_and_later_ones_leave_history()
    {
        for (var i = 1; i <= 7; i++)
        {
            _model.Published();
            _model.SetAlias("staging", _model.Id(i));
        }

        Assert.Equal([3, 4, 5, 6, 7], Alias("staging").History.Select(past => past.Ordinal));
        _model.Deactivate(6);
        Assert.Equal(ErrorCode.AliasMoved, _model.Run(new Command.RollbackAlias("staging", _model.Id(6))).Error);
        Assert.Equal($"staging: {_model.Id(7)} {_model.Id(5)}", _model.Run(new Command.RollbackAlias("staging", _model.Id(7))).AliasMoves);
        Assert.Equal([3, 4, 5], Alias("staging").History.Select(past => past.Ordinal));
        Assert.Equal((AliasReason.RolledBack, _model.State.Order), (Alias("staging").Reason, Alias("staging").Order));
        _model.Deactivate(3);
        _model.Deactivate(4);
        Assert.Equal(ErrorCode.NoPreviousTarget, _model.Run(new Command.RollbackAlias("staging")).Error);
        Assert.Equal(ErrorCode.AliasNotFound, _model.Run(new Command.RollbackAlias("other")).Error);
    }

    [Fact]
    public void AL8_aliases_move_no_primary_and_no_primary_moves_an_alias()
    {
        _model.NewPrimary();
        _model.Published(claims: false);
        _model.SetAlias("staging", "0.2.0");
        Assert.Equal(1, _model.Primary);
        Assert.Equal([1], _model.History);
        Assert.True(_model.IsHeldBack(2));
        _model.Promote(2);
        _model.Rollback();
        Assert.Equal(2, Alias("staging").Target!.Ordinal);
        _model.Run(new Command.DeleteModel());
        Assert.Null(_model.State.Aliases);
        Assert.Contains(_model.Events, happened => happened.Type == EventType.AliasChanged && happened.Data.Contains("removed", StringComparison.Ordinal));
    }

    [Fact]
    public void AL9_what_refers_to_a_version_is_the_primary_and_its_aliases()
    {
        _model.NewPrimary();
        _model.SetAlias("staging", "0.1.0");
        _model.SetAlias("a-b", "0.1.0");
        Assert.Equal(["primary", "alias:a-b", "alias:staging"], AliasRules.References(_model.State, 1));
        Assert.Equal(ErrorCode.VersionReferenced, _model.Run(new Command.Deactivate(1) { RefuseIfReferenced = true }).Error);
        _model.Published();
        _model.Deactivate(1);
        Assert.Null(_model.Run(new Command.Deactivate(1) { RefuseIfReferenced = true }).Error);
        Assert.Equal(ErrorCode.VersionReferenced, _model.Run(new Command.Delete(1) { RefuseIfReferenced = true }).Error);
    }

    [Fact]
    public void AL10_an_event_tells_of_a_protection_that_changes()
    {
        _model.Published();
        _model.SetAlias("staging", "0.1.0");
        Assert.True(_model.SetAlias("staging", "0.1.0", isProtected: true).Changed);
        Assert.Equal(EventType.AliasChanged, _model.Events[^1].Type);
        Assert.False(_model.SetAlias("staging", "0.1.0", isProtected: true).Changed);
    }

    private RoutingTable Table => new(_model.State, 1);

    private AliasState Alias(string name) => AliasRules.Find(_model.State, name)!;
}
