namespace OrleansRegistry.ClusterTests;

/// <summary>The checker of histories: what it must let pass, and what it must not.</summary>
public sealed class LinearizabilityTests
{
    private long _now;

    [Fact]
    public void What_happens_one_after_the_other_is_explained_by_that_order() => Passes(
        Done(Verb.Deploy, 1), Done(Verb.Resolve, 1), Done(Verb.Deploy, 2), Done(Verb.Resolve, 2), Done(Verb.Promote, 1), Done(Verb.Resolve, 1),
        Done(Verb.Deactivate, 1), Done(Verb.Resolve, 2), Refused(Verb.Promote, 1), Done(Verb.Deactivate, 2), Done(Verb.Resolve, 0),
        Done(Verb.Activate, 1), Done(Verb.Resolve, 1));

    [Fact]
    public void What_happens_to_an_alias_one_after_the_other_is_explained_by_that_order() => Passes(
        Refused(Verb.RollbackAlias, 0), Done(Verb.ResolveAlias, 0), Done(Verb.DeployClaiming, 1), Done(Verb.ResolveAlias, 1), Done(Verb.Deploy, 2),
        Done(Verb.ResolveAlias, 1), Done(Verb.SetAlias, 2), Done(Verb.SetAlias, 2), Done(Verb.DeployClaiming, 3), Done(Verb.ResolveAlias, 3),
        Done(Verb.Deactivate, 2), Refused(Verb.SetAlias, 2), Done(Verb.RollbackAlias, 1), Done(Verb.ResolveAlias, 1), Refused(Verb.RollbackAlias, 0),
        Done(Verb.Deactivate, 1), Refused(Verb.ResolveAlias, 0), Done(Verb.Activate, 1), Done(Verb.ResolveAlias, 1),
        Done(Verb.Look, 1) with { Seen = ModelSpec.Of(3, 3, 1, 3) });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_rollback_of_an_alias_of_unknown_outcome_may_have_happened_or_not(int alias) => Passes(
        Done(Verb.DeployClaiming, 1, 0, 1), Done(Verb.DeployClaiming, 2, 2, 3), Unknown(Verb.RollbackAlias, 0, 4, 100), Done(Verb.ResolveAlias, alias, 5, 6));

    [Fact]
    public void A_lost_move_of_an_alias_is_caught() => Fails(
        Verb.ResolveAlias, Done(Verb.DeployClaiming, 1), Done(Verb.Deploy, 2), Done(Verb.SetAlias, 2), Done(Verb.ResolveAlias, 1));

    [Fact]
    public void A_move_of_an_alias_from_elsewhere_than_it_was_is_caught() => Fails(
        Verb.SetAlias, Done(Verb.DeployClaiming, 1), Done(Verb.DeployClaiming, 2), Done(Verb.SetAlias, 1) with { From = 1 });

    [Fact]
    public void An_alias_that_follows_the_primary_is_caught() => Fails(
        Verb.ResolveAlias, Done(Verb.DeployClaiming, 1), Done(Verb.Deploy, 2), Done(Verb.ResolveAlias, 2));

    [Fact]
    public void An_alias_that_falls_back_is_caught() => Fails(
        Verb.ResolveAlias, Done(Verb.DeployClaiming, 1), Done(Verb.DeployClaiming, 2), Done(Verb.Deactivate, 2), Done(Verb.ResolveAlias, 1));

    [Fact]
    public void A_rollback_of_an_alias_to_a_version_that_it_left_is_caught() => Fails(
        Verb.RollbackAlias, Done(Verb.DeployClaiming, 1), Done(Verb.DeployClaiming, 2), Done(Verb.RollbackAlias, 1), Done(Verb.RollbackAlias, 2));

    [Fact]
    public void More_versions_in_the_history_of_an_alias_than_it_has_are_caught() => Fails(
        Verb.RollbackAlias,
        [
            .. Enumerable.Range(1, 6).Select(ordinal => Done(Verb.DeployClaiming, ordinal)),
            .. Enumerable.Range(2, 4).Reverse().Select(ordinal => Done(Verb.RollbackAlias, ordinal)),
            Done(Verb.RollbackAlias, 1),
        ]);

    [Fact]
    public void A_lost_move_of_an_alias_is_caught_by_the_look_at_the_end() => Fails(
        Verb.Look, Done(Verb.DeployClaiming, 1), Done(Verb.DeployClaiming, 2), Done(Verb.Look, 1) with { Seen = ModelSpec.Of(2, 2, 1, 2) });

    [Fact]
    public void What_overlaps_may_have_happened_in_any_order() => Passes(
        Done(Verb.Deploy, 2, 0, 10), Done(Verb.Deploy, 1, 1, 9), Done(Verb.Resolve, 1, 2, 8), Done(Verb.Resolve, 2, 3, 12));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void What_has_an_unknown_outcome_may_have_happened_or_not(int primary) => Passes(
        Done(Verb.Deploy, 1, 0, 1), Unknown(Verb.Deploy, 0, 2, 100), Done(Verb.Resolve, primary, 3, 4));

    [Fact]
    public void What_has_an_unknown_outcome_may_happen_late() => Passes(
        Done(Verb.Deploy, 1, 0, 1), Unknown(Verb.Deploy, 0, 2, 100), Done(Verb.Resolve, 1, 3, 4), Done(Verb.Resolve, 2, 5, 6));

    [Fact]
    public void What_has_an_unknown_outcome_does_not_happen_and_unhappen() => Fails(
        Verb.Resolve, Done(Verb.Deploy, 1, 0, 1), Unknown(Verb.Deploy, 0, 2, 100), Done(Verb.Resolve, 2, 3, 4), Done(Verb.Resolve, 1, 5, 6));

    [Fact]
    public void What_has_an_unknown_outcome_does_not_happen_too_late() => Fails(
        Verb.Resolve, Done(Verb.Deploy, 1, 0, 1), Unknown(Verb.Deploy, 0, 2, 5), Done(Verb.Resolve, 1, 6, 7), Done(Verb.Resolve, 2, 8, 9));

    [Fact]
    public void A_stale_resolve_is_caught() => Fails(Verb.Resolve, Done(Verb.Deploy, 1), Done(Verb.Deploy, 2), Done(Verb.Resolve, 1));

    [Fact]
    public void A_number_that_is_given_twice_is_caught() => Fails(Verb.Deploy, Done(Verb.Deploy, 1, 0, 5), Done(Verb.Deploy, 1, 1, 6));

    [Fact]
    public void A_number_that_is_left_out_is_caught() => Fails(Verb.Deploy, Done(Verb.Deploy, 1), Done(Verb.Deploy, 3));

    [Fact]
    public void A_lost_deployment_is_caught() => Fails(Verb.Resolve, Done(Verb.Deploy, 1), Done(Verb.Deploy, 2), Done(Verb.Deactivate, 1), Done(Verb.Resolve, 0));

    [Fact]
    public void A_lost_deactivation_is_caught_by_the_look_at_the_end() => Fails(
        Verb.Look, Done(Verb.Deploy, 1), Done(Verb.Deploy, 2), Done(Verb.Deactivate, 1),
        Done(Verb.Look, 0) with { Seen = ModelSpec.Of(2, 2, 1, 2) });

    [Fact]
    public void A_call_of_a_stopped_version_is_caught() => Fails(
        Verb.Promote, Done(Verb.Deploy, 1), Done(Verb.Deploy, 2), Done(Verb.Deactivate, 1), Done(Verb.Promote, 1));

    [Fact]
    public void A_long_history_is_checked_soon_right_or_wrong()
    {
        List<Operation> history = [];
        var random = new Random(1);
        var (state, alias) = (ModelSpec.Empty, AliasSpec.Empty);
        for (var i = 0L; i < 10_000; i++)
        {
            var verb = state.Last == 0 ? Verb.Deploy : random.Next(12) switch
            {
                0 => Verb.Deploy,
                1 => Verb.Promote,
                2 => Verb.Deactivate,
                3 => Verb.Activate,
                4 => Verb.SetAlias,
                5 => Verb.ResolveAlias,
                _ => Verb.Resolve,
            };
            var ordinal = verb switch
            {
                Verb.Deploy => state.Last + 1,
                Verb.Resolve => state.Primary,
                Verb.ResolveAlias => alias.Target,
                _ => random.Next(1, Math.Min(12, state.Last + 1)),
            };
            var operation = Done(verb, ordinal, (i * 10) - random.Next(20), (i * 10) + random.Next(20));
            if (verb is Verb.Deactivate or Verb.Activate && random.Next(20) == 0)
            {
                // Nobody knows; the client says it again until it does.
                history.Add(operation with { Told = Told.Unknown, AnsweredAt = operation.CalledAt + 2000 });
            }

            var isPossible = (!ModelSpec.Concerns(verb) || state.Apply(operation) is not null) && (!AliasSpec.Concerns(verb) || alias.Apply(operation) is not null);
            operation = isPossible ? operation : operation with { Told = Told.Refused };
            state = ModelSpec.Concerns(verb) ? state.Apply(operation)! : state;
            alias = AliasSpec.Concerns(verb) ? alias.Apply(operation)! : alias;
            history.Add(operation);
        }

        Assert.Null(Linearizability.Check(history));
        var wrong = history.FindIndex(7_500, operation => operation.Verb == Verb.Resolve);
        history[wrong] = history[wrong] with { Ordinal = state.Last + 1 };
        Assert.NotNull(Linearizability.Check(history));
    }

    private static void Passes(params Operation[] history) => Assert.Null(Linearizability.Check(history));

    private static void Fails(Verb verb, params Operation[] history) => Assert.Equal(verb, Linearizability.Check(history)?.Verb);

    private Operation Done(Verb verb, int ordinal) => Done(verb, ordinal, _now++, _now++);

    private Operation Refused(Verb verb, int ordinal) => Done(verb, ordinal) with { Told = Told.Refused };

    private static Operation Done(Verb verb, int ordinal, long calledAt, long answeredAt) =>
        new() { Verb = verb, Ordinal = ordinal, Told = Told.Done, CalledAt = calledAt, AnsweredAt = answeredAt };

    private static Operation Unknown(Verb verb, int ordinal, long calledAt, long answeredAt) =>
        Done(verb, ordinal, calledAt, answeredAt) with { Told = Told.Unknown };
}
