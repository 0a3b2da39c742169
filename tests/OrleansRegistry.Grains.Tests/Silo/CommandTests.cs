using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Models;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Commands on a real silo with a real database.</summary>
public abstract class CommandTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    [Fact]
    public async Task N1_N2_the_first_deployment_is_0_1_0_and_a_second_goes_on()
    {
        var first = await Deploy("A model");
        var second = await Deploy("A model", deploy => deploy with { Publish = true, VersionBump = VersionBump.Major });

        Assert.Equal(("0.1.0", VersionState.Draft), (first.Version, first.State));
        Assert.Equal("1.0.0", second.Version);
        Assert.True(second.IsPrimary);
        var model = await Model(first.ModelId);
        Assert.Equal(2, model.VersionCount);
        Assert.Equal(second.Id, model.Primary!.VersionId);
        Assert.Equivalent(first, await Version(first.Id), strict: true);
        Assert.Equivalent(second, await Version(second.Id), strict: true);
        await AssertAgreement();
    }

    [Fact]
    public async Task P6_only_an_admin_moves_the_primary_of_a_protected_model()
    {
        var first = await Publish("A model");
        var second = await Publish("A model");
        var draft = await Deploy("A model");
        var model = Silo.Model(first.ModelId);
        Assert.Equal(ErrorCode.Forbidden, (await model.PatchModel(new PatchModelCommand { Context = Deployer(), Protected = true })).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await model.PatchModel(new PatchModelCommand { Context = Deployer(), PrimaryPolicy = PrimaryPolicy.Manual })).Error?.Code);
        Assert.True((await model.PatchModel(new PatchModelCommand { Context = Silo.Command(), Protected = true })).Value!.Protected);

        await Refuses(() => model.Promote(new PromoteCommand { Context = Deployer(), Ordinal = 1 }));
        await Refuses(() => model.Rollback(new RollbackCommand { Context = Deployer() }));
        await Refuses(() => model.Publish(new PublishCommand { Context = Deployer(), Ordinal = 3 }));
        await Refuses(() => model.Publish(new PublishCommand { Context = Deployer() with { DryRun = true }, Ordinal = 3 }));
        await Refuses(() => model.Deactivate(new DeactivateCommand { Context = Deployer(), Ordinal = 2 }));
        await Refuses(() => model.Deactivate(new DeactivateCommand { Context = Deployer(), Ordinal = 2, PromoteTo = first.Id }));
        Assert.Equal(ErrorCode.Forbidden, (await TryDeploy("A model", deploy => deploy with { Publish = true }, Deployer())).Error?.Code);
        // A claim that wins once the server is up is the same move, later.
        Assert.Equal(ErrorCode.Forbidden, (await TryDeploy("A model", deploy => deploy with
        {
            Publish = true,
            Serving = new ServingSpec { Url = "http://127.0.0.1:9", HealthUrl = "http://127.0.0.1:9" },
        }, Deployer())).Error?.Code);
        Assert.Equal(second.Id, (await Model(first.ModelId)).Primary!.VersionId);

        Assert.Null((await model.Publish(new PublishCommand { Context = Deployer(), Ordinal = 3, Promote = false })).Error);
        Assert.Null((await TryDeploy("A model", context: Deployer())).Error);
        Assert.Null((await model.Deactivate(new DeactivateCommand { Context = Deployer(), Ordinal = 1 })).Error);
        Assert.Null((await model.PatchModel(new PatchModelCommand { Context = Deployer(), Description = "x" })).Error);
        Assert.Equal(draft.Id, (await model.Promote(new PromoteCommand { Context = Silo.Command(), Ordinal = 3 })).Value!.PrimaryChange!.To);
        await AssertAgreement();

        CommandContext Deployer() => Silo.Command() with { Role = Role.Deployer };

        static async Task Refuses(Func<Task<Outcome<CommandAnswer>>> command) => Assert.Equal(ErrorCode.Forbidden, (await command()).Error?.Code);
    }

    [Fact]
    public async Task P6_AL6_only_an_admin_changes_where_a_protected_primary_or_the_version_of_a_protected_alias_answers()
    {
        var first = await Deploy("A model", deploy => deploy with { Serving = At("http://a"), Aliases = ["staging"] });
        await Deploy("A model", deploy => deploy with { Serving = At("http://b"), Publish = true });
        var model = Silo.Model(first.ModelId);
        await Takes(Put(1, "http://a1", Deployer()));
        await Takes(Put(2, "http://b1", Deployer()));
        Assert.Null((await model.PatchModel(new PatchModelCommand { Context = Silo.Command(), Protected = true })).Error);
        Assert.Null((await model.SetAlias(
            new SetAliasCommand { Context = Silo.Command(), Name = "staging", Version = first.Id, Protected = true })).Error);

        await Refuses(Put(1, "http://a2", Deployer()));
        await Refuses(Put(2, "http://b2", Deployer()));
        await Refuses(Put(2, "http://b2", Deployer() with { DryRun = true }));
        Assert.False((await Put(2, "http://b1", Deployer())).Value!.Changed);
        Assert.Equal("http://b1", (await model.Resolve(null)).Value!.ServingUrl);
        // Nothing protected points to it.
        await Deploy("A model", deploy => deploy with { Serving = At("http://c") });
        await Takes(Put(3, "http://c1", Deployer()));

        // An alias stays where it is while its version is inactive.
        Assert.Null((await model.Deactivate(new DeactivateCommand { Context = Silo.Command(), Ordinal = 1 })).Error);
        await Refuses(Put(1, "http://a2", Deployer()));
        await Refuses(model.Activate(new ActivateCommand { Context = Deployer(), Ordinal = 1, Serving = At("http://a2") }));
        await Takes(model.Activate(new ActivateCommand { Context = Deployer(), Ordinal = 1 }));

        // The next primary, once it is up.
        var next = await Deploy("A model", deploy => deploy with
        {
            Publish = true,
            Serving = new ServingSpec { Url = "http://d", HealthUrl = "http://127.0.0.1:9" },
        });
        await Refuses(Put(OrdinalOf(next), "http://d1", Deployer()));
        await Takes(Put(2, "http://b2", Silo.Command()));
        await AssertAgreement();

        CommandContext Deployer() => Silo.Command() with { Role = Role.Deployer };

        static ServingSpec At(string url) => new() { Url = url };

        Task<Outcome<CommandAnswer>> Put(int ordinal, string url, CommandContext context) =>
            model.PutServers(new PutServersCommand { Context = context, Ordinal = ordinal, Servers = [new ServingServer { Url = url }] });

        static async Task Refuses(Task<Outcome<CommandAnswer>> command) => Assert.Equal(ErrorCode.Forbidden, (await command).Error?.Code);

        static async Task Takes(Task<Outcome<CommandAnswer>> command) => Assert.True((await command).Value!.Changed);
    }

    [Fact]
    public async Task N5_a_message_that_comes_twice_is_run_once()
    {
        var first = await Deploy("A model");
        var command = Silo.Deployment("A model");
        var keyed = Silo.Deployment("A model", deploy => deploy with { IdempotencyKey = "k" });
        var model = Silo.Model(first.ModelId);

        Assert.Equal("0.2.0", (await model.Deploy(command)).Value!.Version.Version);
        Assert.Equal(ErrorCode.Unavailable, (await model.Deploy(command)).Error?.Code);
        Assert.Equal("0.3.0", (await model.Deploy(keyed)).Value!.Version.Version);
        Assert.Equal("0.3.0", (await model.Deploy(keyed)).Value!.Version.Version);

        Assert.Equal(3, (await Model(first.ModelId)).VersionCount);
        await AssertAgreement();
    }

    [Fact]
    public async Task N3_N4_older_release_lines_go_on_from_their_own_last_number()
    {
        var numbers = new List<string>();
        foreach (var (version, line) in new (string?, string?)[]
            { ("0.1.0", null), ("2.0.0-rc.1", null), (null, "0.1"), (null, "0"), ("0.1.7", null), (null, "0.1"), ("1.3.0", null), (null, "1"), (null, "1.3") })
        {
            numbers.Add((await Deploy("A model", deploy => deploy with { Version = version, Base = line })).Version);
        }

        Assert.Equal(["0.1.0", "2.0.0-rc.1", "0.1.1", "0.2.0", "0.1.7", "0.1.8", "1.3.0", "1.4.0", "1.3.1"], numbers);
        foreach (var (number, code) in new[] { ("0.1.7", ErrorCode.VersionExists), ("0.1.8", ErrorCode.VersionExists), ("0.1.5", ErrorCode.ValidationFailed) })
        {
            Assert.Equal(code, (await TryDeploy("A model", deploy => deploy with { Version = number })).Error?.Code);
        }

        Assert.Equal(ErrorCode.ValidationFailed, (await TryDeploy("A model", deploy => deploy with { Base = "7" })).Error?.Code);
    }

    [Fact]
    public async Task N5_concurrent_deployments_of_a_new_name_get_distinct_gapless_numbers()
    {
        const int callers = 64;
        var versions = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Deploy("A model")));

        Assert.Single(versions.Select(version => version.ModelId).Distinct());
        Assert.Equal(Enumerable.Range(1, callers).Select(minor => $"0.{minor}.0"), versions.OrderBy(OrdinalOf).Select(version => version.Version));
        await AssertAgreement();
    }

    [Fact]
    public async Task N5_a_repeated_key_makes_one_version_and_another_request_under_it_is_refused()
    {
        var key = "build-7";
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => TryDeploy("A model", deploy => deploy with { IdempotencyKey = key })));

        Assert.Single(outcomes.Select(outcome => outcome.Value!.Version.Id).Distinct());
        Assert.Single(outcomes, outcome => !outcome.Value!.Replayed);
        var other = await TryDeploy("A model", deploy => deploy with { IdempotencyKey = key, Description = "another request" });
        Assert.Equal(ErrorCode.IdempotencyKeyReused, other.Error?.Code);
    }

    [Fact]
    public async Task N5_a_key_still_stands_for_its_version_when_the_model_is_deleted()
    {
        var key = "build-7";
        var first = await Deploy("A model", deploy => deploy with { IdempotencyKey = key });
        await Silo.Model(first.ModelId).Delete(DeleteOf(first));

        var again = await TryDeploy("A model", deploy => deploy with { IdempotencyKey = key });

        Assert.True(again.Value!.Replayed);
        Assert.Equal((first.Id, VersionState.Deleted), (again.Value.Version.Id, again.Value.Version.State));
    }

    [Fact]
    public async Task L5_deleting_the_last_version_deletes_the_model_and_frees_the_name()
    {
        var first = await Publish("A model");
        var deleted = await Silo.Model(first.ModelId).Delete(DeleteOf(first));
        Assert.True(deleted.Value!.ModelDeleted);

        Assert.Equal(ErrorCode.ModelDeleted, (await TryDeploy("A model")).Error?.Code);
        Assert.Equal(ErrorCode.ModelDeleted, (await Silo.Model(first.ModelId).Resolve(null)).Error?.Code);
        var id = await Silo.Name("A model").Claim(not: first.ModelId);
        Assert.NotEqual(first.ModelId, id);
        Assert.Equal(id, await Silo.Name("A model").Claim(not: first.ModelId));
        Assert.Equal("0.1.0", (await Deploy("A model")).Version);
        Assert.Equal(
            ["model.created", "version.deployed", "version.published", "primary.changed", "version.deleted", "primary.changed", "model.deleted"],
            (await EventTypes(first.ModelId)).Where(type => type != EventType.UsageRecorded));
        await AssertAgreement();
    }

    [Fact]
    public async Task L5_deleting_a_model_is_one_write_that_ends_its_versions_and_tells_so_of_each()
    {
        var versions = new[] { await Publish("A model"), await Publish("A model"), await Deploy("A model"), await Deploy("A model") };
        await Silo.Model(versions[0].ModelId).Deactivate(DeactivateOf(versions[0]));
        await Silo.Model(versions[3].ModelId).Delete(DeleteOf(versions[3]));
        var before = Silo.Storage.Writes;

        var outcome = await Silo.Model(versions[0].ModelId).DeleteModel(new DeleteModelCommand { Context = Silo.Command() });

        Assert.Null(outcome.Error);
        Assert.Equal(before + 1, Silo.Storage.Writes);
        foreach (var version in versions)
        {
            Assert.Equal(VersionState.Deleted, (await Version(version.Id)).State);
            Assert.Equal(ErrorCode.VersionDeleted, (await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version))).Error?.Code);
        }

        // One for each, also for the one that was inactive, none twice, and the model's own last.
        var events = await Silo.Catalog.ListEvents("default", new EventFilter { ModelId = versions[0].ModelId }, 1000, default);
        Assert.Equal(
            versions.Select(version => version.Id).Order(),
            events.Where(happened => happened.Type == EventType.VersionDeleted).Select(happened => happened.VersionId).Order());
        Assert.Equal(EventType.ModelDeleted, events[^1].Type);
        var together = events.Where(happened => happened.At == events[^1].At && happened.Type is EventType.VersionDeleted or EventType.ModelDeleted);
        Assert.All(together, happened => Assert.Equal((events[^1].Actor, "{}"), (happened.Actor, happened.Data.GetRawText())));
        await AssertAgreement();
    }

    [Fact]
    public async Task L6_a_model_has_at_most_so_many_active_versions()
    {
        await using var database = TestDatabase.Sqlite();
        await using var silo = await TestSilo.Start(
            database.Options, services => services.Configure<ModelOptions>(options => options.ActiveVersionsPerModel = 2));
        var model = silo.Model(ModelId.New());
        Task<Outcome<DeployAnswer>> Next() => model.Deploy(silo.Deployment("Another model"));
        var first = (await Next()).Value!.Version;
        await Next();
        Assert.Equal(ErrorCode.TooManyActiveVersions, (await Next()).Error?.Code);

        await model.Deactivate(new DeactivateCommand { Context = silo.Command(), Ordinal = 1 });
        Assert.Null((await Next()).Error);
        var again = await model.Activate(new ActivateCommand { Context = silo.Command(), Ordinal = OrdinalOf(first) });
        Assert.Equal(ErrorCode.TooManyActiveVersions, again.Error?.Code);
    }

    [Fact]
    public async Task E1_a_dry_run_says_what_would_happen_and_changes_nothing()
    {
        var first = await Publish("A model");
        var model = await Model(first.ModelId);
        var events = await EventTypes(first.ModelId);
        var dry = Silo.Command(dryRun: true);

        var deployed = await TryDeploy("A model", deploy => deploy with { Publish = true }, dry);
        var deactivated = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first) with { Context = dry });
        var removed = await Silo.Model(first.ModelId).DeleteModel(new DeleteModelCommand { Context = dry });

        Assert.Equal("0.2.0", deployed.Value!.Version.Version);
        Assert.Equal((first.Id, null), (deactivated.Value!.PrimaryChange!.From, deactivated.Value.PrimaryChange.To));
        Assert.Null(removed.Error);
        Assert.Equivalent(model, await Model(first.ModelId), strict: true);
        Assert.Equal(events, await EventTypes(first.ModelId));
        Assert.Equal("0.2.0", (await Deploy("A model")).Version);
    }

    [Fact]
    public async Task L2_what_was_deactivated_is_not_resolved_once_the_answer_is_there()
    {
        var first = await Publish("A model");
        var second = await Publish("A model");
        var model = Silo.Model(first.ModelId);
        Assert.Equal(second.Id, (await model.Resolve(null)).Value!.VersionId);
        Assert.Equal(first.Id, (await model.Resolve("0.1.0")).Value!.VersionId);

        await model.Deactivate(DeactivateOf(second));

        Assert.Equal(first.Id, (await model.Resolve(null)).Value!.VersionId);
        Assert.Equal(ErrorCode.VersionNotFound, (await model.Resolve(second.Id)).Error?.Code);
        await model.Activate(new ActivateCommand { Context = Silo.Command(), Ordinal = OrdinalOf(second) });
        Assert.Equal(second.Id, (await model.Resolve("^0.2")).Value!.VersionId);
        await AssertAgreement();
    }

    [Fact]
    public async Task If_Match_is_compared_in_the_turn_of_the_command()
    {
        var first = await Publish("A model");
        CommandContext When(string tag) => Silo.Command() with { IfMatch = [tag] };

        var stale = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first) with { Context = When(EntityTag.OfVersion(1, isPrimary: false)) });
        var patched = await Silo.Model(first.ModelId).PatchModel(new PatchModelCommand { Context = When(EntityTag.OfRevision(7)), Description = "x" });
        var right = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first) with { Context = When(EntityTag.OfVersion(1, isPrimary: true)) });

        Assert.Equal(ErrorCode.RevisionMismatch, stale.Error?.Code);
        Assert.Equal(ErrorCode.RevisionMismatch, patched.Error?.Code);
        Assert.Null(right.Error);
    }

    [Fact]
    public async Task B1_the_instant_of_a_command_never_goes_back_with_the_clock()
    {
        var first = await Publish("A model");
        Silo.Clock.Move(-TimeSpan.FromSeconds(10));
        var stopped = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first));

        Assert.True(stopped.Value!.Version.DeactivatedAt >= first.CreatedAt);
        await AssertAgreement();
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    public async Task A_models_row_does_not_grow_with_versions_that_are_not_active(int versions)
    {
        var model = Silo.Model(ModelId.New());
        for (var ordinal = 1; ordinal <= versions; ordinal++)
        {
            Assert.Null((await model.Deploy(Silo.Deployment("A model", deploy => deploy with { Publish = true }))).Error);
            if (ordinal > 1)
            {
                Assert.Null((await model.Deactivate(new DeactivateCommand { Context = Silo.Command(), Ordinal = ordinal - 1 })).Error);
            }
        }

        var size = await TestRows.Size(Database.Options, "model");
        TestContext.Current.TestOutputHelper?.WriteLine($"{versions} versions: {size} bytes");
        Assert.InRange(size, 1, 2_000);
    }
}

public sealed class SqliteCommandTests() : CommandTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresCommandTests() : CommandTests(TestDatabase.Postgres);
