using System.Collections.Concurrent;
using System.Text;
using CsCheck;
using OrleansRegistry.Models;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Reference;

/// <summary>Random sequences of commands: the rules and the reference must agree after every one of them.</summary>
public sealed class RandomCommandTests(ITestOutputHelper output)
{
    private static readonly int Sequences = TestRounds.Of(20_000);

    /// <summary>Clauses that a run must reach, beside the cells of the table, each at least so often.</summary>
    private const int AtLeast = 5;

    [Fact]
    public void Rules_agree_with_the_reference_after_every_command_and_reach_every_clause()
    {
        var hits = new ConcurrentDictionary<string, int>();
        RandomCommands.Sequences.Sample(
            sequence =>
            {
                foreach (var (clause, count) in Run(sequence, null))
                {
                    hits.AddOrUpdate(clause, count, (_, sum) => sum + count);
                }
            },
            iter: Sequences,
            print: Print);

        output.WriteLine(string.Join('\n', hits.OrderBy(hit => hit.Value).Select(hit => $"{hit.Value,9} {hit.Key}")));

        string[] rare = [.. Expected.Clauses.Where(clause => hits.GetValueOrDefault(clause) < AtLeast)];
        Assert.True(rare.Length == 0, "Reached too seldom: " + string.Join("; ", rare));
    }

    private static string Print(CommandSequence sequence)
    {
        var trace = new StringBuilder();
        try
        {
            Run(sequence, trace);
        }
        catch (Exception e)
        {
            trace.AppendLine(e.Message);
        }

        return trace.ToString();
    }

    private static Dictionary<string, int> Run(CommandSequence sequence, StringBuilder? trace)
    {
        // Few active versions, so that the limit is reached, or enough to fill the history.
        var maxActive = sequence.Deployments.Length == 0 ? 8 : 20;
        var driver = new ModelDriver(maxActive);
        var run = new SideBySide(driver, new ReferenceRegistry(maxActive) { Id = driver.Id }, trace);
        foreach (var draws in sequence.Deployments)
        {
            run.Step(RandomCommands.Deploy(draws));
        }

        foreach (var draws in sequence.Commands)
        {
            foreach (var command in RandomCommands.Resolve(draws, sequence, driver))
            {
                run.Step(command);
            }
        }

        return run.Hits;
    }

    private sealed class SideBySide(ModelDriver driver, ReferenceRegistry reference, StringBuilder? trace)
    {
        private EventReplay _replay = new();

        public Dictionary<string, int> Hits => reference.Hits;

        public void Step(Command command)
        {
            trace?.AppendLine().Append(command);
            var (before, rows) = (driver.Model, driver.Rows.ToList());
            var answer = driver.Run(command);
            trace?.Append(" -> ").Append(answer);
            if (before?.Id != driver.Model?.Id)
            {
                _replay = new EventReplay();
            }

            foreach (var happened in driver.Events.Skip(_replay.Read))
            {
                Hits[happened.Type] = Hits.GetValueOrDefault(happened.Type) + 1;
            }

            _replay.Follow(driver.Events);
            if (answer.Error is not null)
            {
                Assert.Same(before, driver.Model);
                Quick.SameItems(rows, driver.Rows);
            }

            Quick.Equal(reference.Run(command), answer);
            Agree(reference.Model, driver);
            Invariants.Hold(driver, _replay, answer);
            if (answer.Moved)
            {
                HistoryAgrees();
            }
        }

        /// <summary>What the events tell of any instant is what the reference remembers of it.</summary>
        private void HistoryAgrees()
        {
            var model = reference.Model!;
            var moves = driver.Moves;
            var periods = PrimaryHistory.Of(moves, until: null);
            Quick.SameItems(model.Moves.Select(move => Id(move.Ordinal)).Reverse(), periods.Select(period => period.VersionId));
            foreach (var at in model.Moves.SelectMany(move => (DateTimeOffset[])[move.At.AddMilliseconds(-1), move.At, move.At.AddMilliseconds(1)]))
            {
                var known = new PrimaryEvidence
                {
                    Last = moves.FirstOrDefault(move => move.At <= at),
                    Next = moves.LastOrDefault(move => move.At > at),
                };
                var found = PrimaryHistory.At(known, at).Value!;
                Quick.Equal(Id(model.PrimaryAt(at)), found.VersionId);
                Assert.True(!(found.From > at) && !(found.Until <= at), "The instant is not in its period.");

                // Where all events before an instant are removed, those that are left tell the same of it.
                var left = PrimaryHistory.At(known with { Last = null, IsRemoved = true, OldestKept = at }, at).Value!;
                Quick.Equal(known.Next is null ? null : found.VersionId, left.VersionId);
            }

            string? Id(int? ordinal) => ordinal is { } version ? driver.Id(version) : null;
        }
    }

    private static void Agree(ReferenceModel? reference, ModelDriver driver)
    {
        Quick.Equal(reference is null, driver.Model is null);
        if (reference is null || driver.Model is not { } model)
        {
            return;
        }

        Quick.Equal(
            (reference.Policy, reference.Label, reference.IsDeleted, reference.LastNumber, reference.LastInstant),
            (model.PrimaryPolicy, model.Labels.GetValueOrDefault("team"), model.DeletedAt is not null, model.Order, model.LastInstant));
        Quick.Equal(
            (reference.FallsBack, reference.FallBackSeconds),
            (model.OnUnhealthy == OnUnhealthy.FallBack, model.FallBackSeconds ?? HealthRules.DefaultFallBackSeconds));
        Quick.Equal(reference.Primary?.Ordinal, model.Primary?.Ordinal);
        if (model.Primary is { } primary)
        {
            Quick.Equal((reference.PointerNumber, reference.Reason, reference.PointerBy, reference.Since), (primary.Order, primary.Reason, primary.By, primary.Since));
        }

        Quick.Equal(reference.Pending?.Ordinal, model.PendingPrimary?.Ordinal);
        Quick.SameItems(reference.History.Select(past => past.Ordinal), model.History.Select(past => past.Ordinal));
        Quick.SameItems(
            reference.Aliases.Values.Select(alias => (alias.Name, alias.Version?.Ordinal, alias.Number, alias.Reason, alias.By, alias.Since, alias.IsProtected)),
            (model.Aliases ?? []).Select(alias => (alias.Name, alias.Target?.Ordinal, alias.Order, alias.Reason, alias.By, alias.Since, alias.Protected)));
        Quick.SameItems(
            reference.Aliases.Values.SelectMany(alias => alias.History.Select(past => (alias.Name, past.Ordinal))),
            (model.Aliases ?? []).SelectMany(alias => alias.History.Select(past => (alias.Name, past.Ordinal))));
        Quick.SameItems(
            reference.Aliases.Values.Select(alias => reference.PendingOf(alias)?.Ordinal),
            (model.Aliases ?? []).Select(alias => AliasRules.Pending(model, alias)?.Ordinal));
        foreach (var version in reference.Versions)
        {
            Agree(version, driver.Rows[version.Ordinal - 1].State, model.Find(version.Ordinal));
        }
    }

    private static void Agree(ReferenceVersion version, ModelVersionState row, ActiveVersion? entry)
    {
        Quick.Equal(
            (version.Number.ToString(), version.State, version.Stage, version.Status, version.Attempt, version.Label),
            (row.Version, row.State, row.Stage, row.Serving?.Status, row.Serving?.Attempt ?? 0, row.Labels.GetValueOrDefault("team")));
        Quick.Equal((version.Servers.FirstOrDefault()?.Url, version.Servers.FirstOrDefault()?.HealthUrl), (row.Serving?.Url, row.Serving?.HealthUrl));
        if (row is { IsActive: true, Serving: { } serving })
        {
            Quick.SameItems(
                version.Servers.Select(server => (server.Url, server.HealthUrl, server.IsUp)),
                ServerRules.Of(serving).Select(server => (server.Url, server.HealthUrl, server.IsUp(serving))));
        }

        Quick.Equal(version.IsUnhealthy, entry?.PresentHealth?.IsUnhealthy);
        if (version is { IsActive: true, Servers.Count: > 1 })
        {
            Quick.Equal((version.Servers.Count, version.Serving!.Repeatable), (entry!.PresentServers!.Count, entry.PresentServers.Repeatable));
            Quick.SameItems(version.Servers.Where(server => server.IsUp).Select(server => server.Url), entry.PresentServers.Up);
        }

        Quick.Equal(
            (version.PublishNumber, version.IsHeldBack, version.WasHighest, version.Claim?.Number, version.Claim?.By),
            ((entry ?? row.Entry)?.PublishNumber, (entry ?? row.Entry)?.HeldBack ?? false, row.WasHighest, entry?.Claim?.Number, entry?.Claim?.By));
        Quick.Equal(
            (version.IsLeft, string.Join(' ', version.AliasClaims.Select(claim => $"{claim.Key} {claim.Value.Number} {claim.Value.By}"))),
            ((entry ?? row.Entry)?.Left ?? false,
                string.Join(' ', (entry?.AliasClaims ?? []).OrderBy(claim => claim.Alias, StringComparer.Ordinal).Select(claim => $"{claim.Alias} {claim.Number} {claim.By}"))));
        Quick.Equal(
            (version.RoutableSince, version.Milliseconds(Stage.Draft), version.Milliseconds(Stage.Published)),
            (row.Meter.RunningSince, row.Meter.DraftMilliseconds, row.Meter.PublishedMilliseconds));
    }

    private static class Expected
    {
        // Of processes RuntimeLifecycleTests knows more.
        public static IEnumerable<string> Clauses => [.. Cells, .. Refusals, .. EventType.OfModels.Except([EventType.VersionCrashed]), .. Words];

        private static IEnumerable<string> Cells =>
            from command in (string[])["publish a draft", "publish a published one", "Promote", "Activate", "Deactivate", "Delete"]
            from condition in (string[])["starting", "ready", "failed", "inactive", "deleted"]
            select $"cell: {command}, {condition}";

        private static IEnumerable<string> Refusals =>
        [
            $"Deploy {ErrorCode.TooManyActiveVersions}", $"Deploy {ErrorCode.VersionExists}", $"Deploy {ErrorCode.ValidationFailed}",
            $"Publish {ErrorCode.PrimaryMoved}", $"Publish {ErrorCode.VersionInactive}", $"Publish {ErrorCode.VersionDeleted}",
            $"Publish {ErrorCode.VersionNotFound}", $"Promote {ErrorCode.PrimaryMoved}", $"Promote {ErrorCode.NotRoutable}",
            $"Promote {ErrorCode.VersionInactive}", $"Promote {ErrorCode.VersionDeleted}", $"Activate {ErrorCode.VersionActive}",
            $"Activate {ErrorCode.TooManyActiveVersions}", $"Activate {ErrorCode.VersionDeleted}", $"Deactivate {ErrorCode.IsPrimary}",
            $"Deactivate {ErrorCode.NotRoutable}", $"Deactivate {ErrorCode.VersionDeleted}", $"Delete {ErrorCode.IsPrimary}",
            $"Delete {ErrorCode.NotRoutable}", $"Delete {ErrorCode.VersionDeleted}", $"Rollback {ErrorCode.NoPreviousPrimary}",
            $"Rollback {ErrorCode.PrimaryMoved}", $"Rollback {ErrorCode.ModelDeleted}", $"Rollback {ErrorCode.ModelNotFound}",
            $"SetAlias {ErrorCode.AliasNotFound}", $"SetAlias {ErrorCode.AliasEmpty}", $"SetAlias {ErrorCode.AliasMoved}", $"SetAlias {ErrorCode.NoPrimary}",
            $"SetAlias {ErrorCode.NoRollout}", $"SetAlias {ErrorCode.NotRoutable}", $"SetAlias {ErrorCode.VersionInactive}",
            $"SetAlias {ErrorCode.VersionDeleted}", $"SetAlias {ErrorCode.VersionNotFound}", $"SetAlias {ErrorCode.ModelDeleted}",
            $"RollbackAlias {ErrorCode.AliasNotFound}", $"RollbackAlias {ErrorCode.AliasMoved}", $"RollbackAlias {ErrorCode.NoPreviousTarget}",
            $"RemoveAlias {ErrorCode.AliasNotFound}", $"RemoveAlias {ErrorCode.AliasMoved}", $"Delete {ErrorCode.AliasProtected}",
            $"DeleteModel {ErrorCode.AliasProtected}", $"Deactivate {ErrorCode.VersionReferenced}", $"Delete {ErrorCode.VersionReferenced}",
            $"Publish {ErrorCode.VersionUnhealthy}", $"Promote {ErrorCode.VersionUnhealthy}", $"Rollback {ErrorCode.VersionUnhealthy}",
            $"Deploy {ErrorCode.TooManyServers}", $"PutServers {ErrorCode.NoServerLeft}",
            $"PutServers {ErrorCode.NotServable}", $"PutServers {ErrorCode.VersionDeleted}",
            $"Label {ErrorCode.VersionDeleted}", $"SetPolicy {ErrorCode.ModelDeleted}", $"ReportProbe {ErrorCode.VersionDeleted}",
        ];

        private static IEnumerable<string> Words =>
        [
            "the clock stands before the last command", "primary Published", "primary Promoted", "primary Fallback", "primary Rollback",
            "primary Activated", "N2 from the core of a prerelease", "N3 Minor", "N3 Patch", "N3 a line without a number",
            "N4 a number that was given before", "N4 a number below its line", "N4 a number below the highest", "N4 a part of ten digits",
            "L3 Ready", "L3 Failed", "L3 a result is dropped", "L3 activate as it was", "L3 activate elsewhere",
            "L3 activate brings serving", "L3 the primary gets serving that is ready at once", "L3 the primary gets serving that starts",
            "L3 the primary is Ready", "L3 the primary is Failed",
            "L5 the last version takes the model along", "L5 the name of a deleted model is deployed again",
            "P1 promote: True", "P1 promote: False", "P1 manual", "P1 was not the highest",
            "P1 lacks the serving spec that the primary has", "P1 claims by itself", "P1 a published version claims anew",
            "P2 a draft is promoted", "P3 a claim waits", "P3 a claim replaces a claim", "P3 a claim is dropped",
            "P3 a claim wins", "P3 a claim wins without a primary", "P3 a claim loses", "P3 failed keeps the claim",
            "P4 held back by its publish", "P4 the pointer moves to promote_to", "P4 promote_to of a version that is not primary",
            "P4 the pointer falls to none", "P4 the pointer falls to a version held back",
            "P4 the pointer falls to a version not held back", "P4 a version held back is passed over",
            "P4 routable without a primary, LatestPublished", "P4 routable without a primary, Manual",
            "P4 a version held back becomes routable without a primary", "P5 rollback from a primary",
            "P5 rollback without a primary", "P5 rollback passes over versions that are not routable", "P5 the present primary again",
            "P5 from is not asked of the present primary", "P5 the eleventh primary",
            "P7 a version left becomes primary by a fallback", "AL3 the present version again", "AL3 from is not asked of the present version",
            "alias Set", "alias Claimed", "alias Promoted", "alias RolledBack", "alias Emptied", "alias Removed",
            "AL4 a claim waits", "AL4 a claim wins later", "AL4 a claim loses", "AL4 a claim is dropped", "AL4 a claim makes the alias",
            "AL4 failed keeps the claim", "AL4 removing drops a claim", "AL5 activating brings the alias back", "AL7 the sixth version",
            "AL7 rollback passes over versions that are not routable", "AL7 rollback of an empty alias",
            "SV2 enough are up", "SV2 too few are up", "SV2 one comes up later",
            "HV3 unhealthy", "HV3 healthy again", "HV3 force", "HV3 no force", "HV7 a mark is dropped",
            "P4 an unhealthy version is passed over",
            "HV4 an unhealthy primary is left", "HV4 a failed primary is left", "HV4 nowhere to go", "HV4 stay", "HV4 the primary is well",
            "HV4 unhealthy for too short", "HV4 primary for too short",
            "SV3 the same list", "SV3 starting", "SV3 ready", "SV3 failed", "SV3 inactive",
        ];
    }
}
