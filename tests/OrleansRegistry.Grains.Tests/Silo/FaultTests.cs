using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>
/// Faults before, during and after the one write of a command. After each of them model row, version rows, events and meters agree,
/// nothing is lost or doubled, and what was refused for good never comes into effect.
/// </summary>
public abstract class FaultTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    [Fact]
    public async Task E1_a_write_that_fails_leaves_nothing_behind_and_is_not_in_the_next_one()
    {
        var first = await Publish("A model");
        var before = await EventTypes(first.ModelId);
        Silo.Storage.BeforeWrite = Fail;

        Assert.Equal(ErrorCode.Unavailable, (await TryDeploy("A model", deploy => deploy with { Description = "lost" })).Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, (await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first))).Error?.Code);
        Assert.Equal(first.Id, (await Silo.Model(first.ModelId).Resolve(null)).Value!.VersionId);

        Silo.Storage.BeforeWrite = null;
        Assert.Equal(before, await EventTypes(first.ModelId));
        var next = await Deploy("A model");
        Assert.Equal(("0.2.0", null), (next.Version, next.Description));
        Assert.Equal(VersionState.Published, (await Version(first.Id)).State);
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_a_write_whose_answer_is_lost_is_found_in_the_row_and_acknowledged()
    {
        var first = await Publish("A model");
        Silo.Storage.AfterWrite = Fail;

        var second = await Publish("A model");
        var stopped = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(second));

        Silo.Storage.AfterWrite = null;
        Assert.Equal((true, first.Id), (stopped.Value!.Changed, stopped.Value.PrimaryChange!.To));
        Assert.Equal("0.3.0", (await Deploy("A model")).Version);
        Assert.Equal(3, (await EventTypes(first.ModelId)).Count(type => type == EventType.VersionDeployed));
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_AL10_a_move_of_an_alias_is_stored_once_or_not_at_all()
    {
        var first = await Publish("A model");
        var second = await Publish("A model");
        var model = Silo.Model(first.ModelId);
        Silo.Storage.BeforeWrite = Fail;
        Assert.Equal(ErrorCode.Unavailable, (await model.SetAlias(SetTo(first))).Error?.Code);
        Assert.Equal(ErrorCode.AliasNotFound, (await model.Route("@staging")).Error?.Code);

        Silo.Storage.BeforeWrite = null;
        Silo.Storage.AfterWrite = Fail;
        var command = SetTo(first);
        Assert.True((await model.SetAlias(command)).Value!.Changed);
        Assert.Equal(first.Id, (await model.Route("@staging")).Value!.VersionId);
        // The message has come twice.
        Assert.Equal(ErrorCode.Unavailable, (await model.SetAlias(command)).Error?.Code);

        Silo.Storage.AfterWrite = null;
        Assert.True((await model.SetAlias(SetTo(second) with { From = first.Id })).Value!.Changed);
        Assert.False((await model.SetAlias(SetTo(second) with { From = first.Id })).Value!.Changed);
        Assert.Equal(second.Id, (await model.Route("@staging")).Value!.VersionId);
        Assert.Equal(ErrorCode.InvalidSelector, (await model.Resolve("@staging")).Error?.Code);
        Assert.Equal(2, (await EventTypes(first.ModelId)).Count(type => type == EventType.AliasChanged));
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_SV3_a_list_of_servers_is_stored_once_or_not_at_all_and_survives_the_silo()
    {
        var version = await Deploy("A model", deploy => deploy with { Publish = true, Serving = new ServingSpec { Url = "http://a" } });
        Silo.Storage.BeforeWrite = Fail;
        Assert.Equal(ErrorCode.Unavailable, (await Put("http://b", "http://c")).Error?.Code);
        Assert.Equal("http://a", (await Silo.Model(version.ModelId).Resolve(null)).Value!.ServingUrl);

        Silo.Storage.BeforeWrite = null;
        Silo.Storage.AfterWrite = Fail;
        Assert.True((await Put("http://b", "http://c")).Value!.Changed);
        Assert.Equal(["http://b", "http://c"], (await Silo.Model(version.ModelId).Resolve(null)).Value!.Servers);

        Silo.Storage.AfterWrite = null;
        Assert.False((await Put("http://b", "http://c")).Value!.Changed);
        await Restart();
        var resolved = (await Silo.Model(version.ModelId).Resolve(null)).Value!;
        Assert.Equal(("http://b", 2), (resolved.ServingUrl, resolved.Servers!.Count));
        Assert.True((await Put("http://c")).Value!.Changed);
        Assert.Equal(("http://c", null), await Route());
        Assert.Equal(2, (await EventTypes(version.ModelId)).Count(type => type == EventType.VersionServersChanged));
        await AssertAgreement();

        Task<Outcome<CommandAnswer>> Put(params string[] urls) => Silo.Model(version.ModelId).PutServers(new PutServersCommand
        {
            Context = Silo.Command(),
            Ordinal = OrdinalOf(version),
            Servers = [.. urls.Select(url => new ServingServer { Url = url })],
        });

        async Task<(string?, IReadOnlyList<string>?)> Route() =>
            (await Silo.Model(version.ModelId).Resolve(null)).Value is { } now ? (now.ServingUrl, now.Servers) : default;
    }

    [Fact]
    public async Task E1_a_write_that_was_stored_while_the_database_went_away_is_neither_lost_nor_doubled()
    {
        var first = await Publish("A model");
        Silo.Storage.AfterWrite = Fail;
        Silo.Storage.BeforeRead = FailOnModel;

        Assert.Equal(ErrorCode.Unavailable, (await TryDeploy("A model")).Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, (await TryDeploy("A model")).Error?.Code);
        Assert.Equal(first.Id, (await Silo.Model(first.ModelId).Resolve(null)).Value!.VersionId);

        Silo.Storage.AfterWrite = null;
        Silo.Storage.BeforeRead = null;
        Assert.Equal("0.3.0", (await Deploy("A model")).Version);
        Assert.Equal(3, (await Model(first.ModelId)).VersionCount);
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_L2_a_model_whose_command_stays_in_doubt_past_its_deadline_resolves_nothing_until_its_row_is_read()
    {
        var first = await Publish("A model");
        Silo.Storage.AfterWrite = Fail;
        Silo.Storage.BeforeRead = FailOnModel;
        var stopped = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first));
        var before = await Silo.Model(first.ModelId).Resolve(null);

        Silo.Clock.Move(CommandContext.Lifetime + TimeSpan.FromSeconds(3));
        var next = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first));
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => Silo.Model(first.ModelId).Resolve(null));
        Silo.Storage.AfterWrite = null;
        Silo.Storage.BeforeRead = null;

        Assert.Equal((ErrorCode.Unavailable, first.Id), (stopped.Error?.Code, before.Value?.VersionId));
        Assert.Equal(ErrorCode.Unavailable, next.Error?.Code);
        Assert.Equal(ErrorCode.NoPrimary, (await Silo.Model(first.ModelId).Resolve(null)).Error?.Code);
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_a_key_makes_one_version_through_every_fault()
    {
        var key = "build-7";
        await Deploy("A model");
        Silo.Storage.AfterWrite = Fail;
        Silo.Storage.BeforeRead = FailOnModel;
        Assert.Equal(ErrorCode.Unavailable, (await TryDeploy("A model", deploy => deploy with { IdempotencyKey = key })).Error?.Code);
        Silo.Storage.AfterWrite = null;
        Silo.Storage.BeforeRead = null;

        var repeated = await TryDeploy("A model", deploy => deploy with { IdempotencyKey = key });

        Assert.Equal(("0.2.0", true), (repeated.Value!.Version.Version, repeated.Value.Replayed));
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_resolves_go_on_while_a_write_hangs_and_see_it_only_when_it_is_stored()
    {
        var first = await Publish("A model");
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Silo.Storage.BeforeWrite = async _ =>
        {
            reached.TrySetResult();
            await release.Task;
        };

        var second = Publish("A model");
        await reached.Task;
        Assert.Equal(first.Id, (await Silo.Model(first.ModelId).Resolve(null)).Value!.VersionId);
        release.SetResult();

        Assert.Equal((await second).Id, (await Silo.Model(first.ModelId).Resolve(null)).Value!.VersionId);
    }

    [Fact]
    public async Task E1_commands_that_waited_behind_a_hanging_write_past_their_deadline_are_not_begun()
    {
        var first = await Publish("A model");
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Silo.Storage.BeforeWrite = async _ =>
        {
            reached.TrySetResult();
            await release.Task;
        };
        var hanging = Silo.Model(first.ModelId).PatchModel(new PatchModelCommand { Context = Silo.Command(), Description = "hangs" });
        await reached.Task;

        var waiting = Silo.Model(first.ModelId).Deactivate(DeactivateOf(first));
        Silo.Clock.Move(CommandContext.Lifetime);
        Silo.Storage.BeforeWrite = null;
        release.SetResult();
        await hanging;

        Assert.Equal(ErrorCode.Unavailable, (await waiting).Error?.Code);
        Assert.Equal(VersionState.Published, (await Version(first.Id)).State);
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_the_database_itself_refuses_a_command_that_arrives_after_its_deadline()
    {
        var first = await Publish("A model");
        // The registry's clock is far behind: it thinks that there is time left.
        Silo.Clock.Move(-TimeSpan.FromMinutes(5));

        var outcome = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first));

        Assert.Equal(ErrorCode.Unavailable, outcome.Error?.Code);
        Assert.Equal(VersionState.Published, (await Version(first.Id)).State);
        await AssertAgreement();
    }

    [Theory]
    [InlineData("version")]
    [InlineData("model")]
    public async Task A_row_that_changed_underneath_is_reread_and_nothing_is_stored_on_top_of_the_old_one(string kind)
    {
        var first = await Publish("A model");
        var second = await Publish("A model");
        await TestRows.Execute(Database.Options, $"update registry_state set version = version + 1 where kind = '{kind}'");

        var refused = await Silo.Model(first.ModelId).Deactivate(DeactivateOf(second));
        Assert.Equal(ErrorCode.Unavailable, refused.Error?.Code);
        Assert.Equal(VersionState.Published, (await Version(second.Id)).State);
        await AssertAgreement();

        Assert.True((await Silo.Model(first.ModelId).Deactivate(DeactivateOf(second))).Value!.Changed);
        await AssertAgreement();
    }

    [Fact]
    public async Task A_version_row_that_is_missing_refuses_the_command_and_touches_no_other_model()
    {
        var first = await Publish("A model");
        var other = await Publish("Another model");
        await TestRows.Execute(Database.Options, $"delete from registry_state where key like '%{first.Id}'");
        await Forget();

        Assert.Equal(ErrorCode.StateCorrupt, (await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first))).Error?.Code);
        Assert.Null((await Silo.Model(other.ModelId).Deactivate(DeactivateOf(other))).Error);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("'{}'")]
    [InlineData("'[]'")]
    public async Task A_model_row_that_cannot_be_read_fails_closed_and_touches_no_other_model(string payload)
    {
        var first = await Publish("A model");
        var other = await Publish("Another model");
        await TestRows.Execute(Database.Options, $"update registry_state set payload = {payload} where kind = 'model' and key like '%{first.ModelId}'");
        await Forget();

        Assert.Equal(ErrorCode.StateCorrupt, (await TryDeploy("A model")).Error?.Code);
        Assert.Equal(ErrorCode.StateCorrupt, (await Silo.Model(first.ModelId).Resolve(null)).Error?.Code);
        Assert.Equal("0.2.0", (await Deploy("Another model")).Version);
        Assert.Equal(other.Id, (await Silo.Model(other.ModelId).Resolve(null)).Value!.VersionId);
        Assert.Single(await Silo.Catalog.ListModels("default", new ModelFilter(), 10, default));
        Assert.NotEmpty(await Storage.Check.RegistryCheck.Run(Database.Options, default));
    }

    [Fact]
    public async Task E1_a_model_that_was_forgotten_goes_on_where_it_was()
    {
        var first = await Publish("A model");
        var second = await Publish("A model");
        await Silo.Model(first.ModelId).Deactivate(DeactivateOf(second));
        await Forget();

        Assert.Equal(first.Id, (await Silo.Model(first.ModelId).Resolve(null)).Value!.VersionId);
        var activated = await Silo.Model(first.ModelId).Activate(new ActivateCommand { Context = Silo.Command(), Ordinal = 2 });
        Assert.Equal(VersionState.Published, activated.Value!.Version.State);
        Assert.Equal("0.3.0", (await Deploy("A model")).Version);
        await AssertAgreement();
    }

    [Fact]
    public async Task E1_a_name_is_claimed_once_through_every_fault()
    {
        Silo.Storage.AfterWrite = kind => kind == "name" ? Fail(kind) : Task.CompletedTask;
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => Silo.Name("A model").Claim(not: null));
        Silo.Storage.AfterWrite = null;

        var claimed = await Silo.Name("A model").Get();
        Assert.NotNull(claimed);
        Assert.Equal(claimed, await Silo.Name("A model").Claim(not: null));
    }

    [Fact]
    public async Task Random_faults_under_concurrent_commands_lose_and_double_nothing()
    {
        var random = new Random(4711);
        Silo.Storage.BeforeWrite = kind => Roll(random, kind);
        Silo.Storage.AfterWrite = kind => Roll(random, kind);
        Silo.Storage.BeforeRead = kind => Roll(random, kind);
        var acknowledged = await Task.WhenAll(Enumerable.Range(0, 8).Select(Caller));
        Silo.Storage.BeforeWrite = null;
        Silo.Storage.AfterWrite = null;
        Silo.Storage.BeforeRead = null;

        var id = (await Silo.Catalog.FindModelId("default", "A model", default))!;
        Assert.Equal(acknowledged.Sum(), (await Deploy("A model")).Id is { } last && VersionId.TryParse(last, out var parsed) ? parsed.Ordinal - 1 : -1);
        Assert.Equal(acknowledged.Sum() + 1, (await EventTypes(id)).Count(type => type == EventType.VersionDeployed));
        await AssertAgreement();
    }

    /// <summary>Deploys with keys until each is acknowledged, and stops every other version it made.</summary>
    private async Task<int> Caller(int number)
    {
        const int deployments = 12;
        for (var count = 0; count < deployments; count++)
        {
            var key = $"{number}-{count}";
            VersionView? made = null;
            while (made is null)
            {
                made = await Unless(async () => (await TryDeploy("A model", deploy => deploy with { IdempotencyKey = key, Publish = true })).Value?.Version);
            }

            if (count % 2 == 0)
            {
                while (await Unless(async () => (await Silo.Model(made.ModelId).Deactivate(DeactivateOf(made))).Value) is null)
                {
                }
            }
        }

        return deployments;
    }

    private static async Task<T?> Unless<T>(Func<Task<T?>> call)
        where T : class
    {
        try
        {
            return await call();
        }
        catch (RegistryUnavailableException)
        {
            return null;
        }
    }

    private static Task Roll(Random random, string kind)
    {
        lock (random)
        {
            return random.Next(8) == 0 ? Fail(kind) : Task.CompletedTask;
        }
    }

    private static Task Fail(string kind) => Task.FromException(new IOException($"The {kind} row is out of reach."));

    /// <summary>The model can't find out whether its write was stored; the row of a new version can still be looked up.</summary>
    private static Task FailOnModel(string kind) => kind == "model" ? Fail(kind) : Task.CompletedTask;

    /// <summary>Ends every activation; the next call begins from the rows.</summary>
    private Task Forget() => Silo.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    private SetAliasCommand SetTo(VersionView version) => new() { Context = Silo.Command(), Name = "staging", Version = version.Id };
}

public sealed class SqliteFaultTests() : FaultTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresFaultTests() : FaultTests(TestDatabase.Postgres);
