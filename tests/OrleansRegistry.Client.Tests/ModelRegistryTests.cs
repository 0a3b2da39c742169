using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Client.Tests;

/// <summary>The registry as a service in a silo's process uses it, on a real silo with a real database.</summary>
public abstract class ModelRegistryTests(Func<Task<TestDatabase>> emptyDatabase) : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestSilo? _silo;

    private IModelRegistry Registry => Silo.Services.GetRequiredService<IModelRegistry>();

    private TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        _database = await emptyDatabase();
        _silo = await Start("shop");
        await CreateWorkspace(GrainKeys.DefaultWorkspace);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await _database!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task N2_L1_L2_L3_P2_P4_P5_a_service_runs_the_whole_life_of_versions()
    {
        var first = await Deploy("A model");
        var second = await Deploy("A model", deploy => deploy with { VersionBump = VersionBump.Major, Publish = true });
        Assert.Equal(("0.1.0", VersionState.Draft, "service:shop"), (first.Version, first.State, first.CreatedBy));
        Assert.Equal(("1.0.0", VersionState.Published), (second.Version, second.State));

        Assert.True(Value(await Registry.Publish(first.Id, promote: false)).Changed);
        Assert.Equal(second.Id, Value(await Registry.Resolve("A model")).VersionId);
        Assert.Equal(first.Id, Value(await Registry.Promote(first.Id, from: second.Id)).PrimaryChange!.To);
        Assert.Equal(ErrorCode.PrimaryMoved, (await Registry.Promote(second.Id, from: second.Id)).Error!.Code);
        Assert.Equal(second.Id, Value(await Registry.Rollback("A model")).PrimaryChange!.To);
        Assert.Equal(ErrorCode.IsPrimary, (await Registry.Deactivate(second.Id, refuseIfPrimary: true)).Error!.Code);
        Assert.Equal(first.Id, Value(await Registry.Deactivate(second.Id, promoteTo: first.Id)).PrimaryChange!.To);
        Assert.Equal(ErrorCode.VersionInactive, (await Registry.Resolve("A model", "1.0.0")).Error!.Code);
        Assert.Equal(VersionState.Published, Value(await Registry.Activate(second.Id)).Version.State);

        Assert.Equal(first.Id, Value(await Registry.Resolve(first.ModelId, "^0.1")).VersionId);
        Assert.Equal(second.Id, Value(await Registry.Resolve("A model", second.Id)).VersionId);
        Assert.Equal(ErrorCode.VersionNotFound, (await Registry.Resolve("A model", "7.0.0")).Error!.Code);
        Assert.Equal(ErrorCode.ModelNotFound, (await Registry.Resolve("Another")).Error!.Code);
        Assert.True((await Registry.FindUsage(first.Id))!.PublishedSeconds > 0);
        Assert.Equal("1.0.0", (await Registry.WaitWhileStarting(second.Id, TimeSpan.FromMinutes(1)))!.Version);
        Assert.Equal("A model", (await Registry.FindModel("A model"))!.Model.Name);
    }

    [Fact]
    public async Task AL2_AL3_AL7_a_service_moves_aliases_and_resolves_them()
    {
        var first = await Deploy("A model", deploy => deploy with { Aliases = ["staging"] });
        var second = await Deploy("A model");
        Assert.Equal((first.Id, ResolvedBy.Alias), Resolved(Value(await Registry.Resolve("A model", "@staging"))));
        var moved = Value(await Registry.SetAlias("A model", "staging", "0.2.0", from: first.Id));
        Assert.Equal((first.Id, second.Id), (moved.AliasChange!.From, moved.AliasChange.To));
        Assert.Equal(ErrorCode.AliasMoved, (await Registry.SetAlias("A model", "staging", "0.1.0", from: first.Id)).Error!.Code);
        Assert.Equal(ErrorCode.ValidationFailed, (await Registry.SetAlias("A model", "primary", "^1")).Error!.Code);
        Assert.Equal(second.Id, Assert.Single((await Registry.FindModel("A model"))!.Model.Aliases).VersionId);
        Value(await Registry.Deactivate(second.Id));
        Assert.Equal(ErrorCode.VersionInactive, (await Registry.Resolve("A model", "@staging")).Error!.Code);
        Assert.Equal(first.Id, Value(await Registry.RollbackAlias("A model", "staging", from: second.Id)).Alias.VersionId);
        Assert.True(Value(await Registry.RemoveAlias("A model", "staging", from: first.Id)).Changed);
        Assert.Equal(ErrorCode.AliasNotFound, (await Registry.Resolve("A model", "@staging")).Error!.Code);

        static (string, ResolvedBy) Resolved(ResolvedVersion version) => (version.VersionId, version.ResolvedBy);
    }

    [Fact]
    public async Task AL4_AL6_AL9_a_service_claims_aliases_by_a_publish_and_heeds_what_refers_to_a_version()
    {
        var first = await Deploy("A model");
        var second = await Deploy("A model", deploy => deploy with { Publish = true });
        Assert.Equal("aliases[0]", (await Registry.Publish(first.Id, promote: false, aliases: ["^1"])).Error!.Fields[0].Field);
        Value(await Registry.Publish(first.Id, promote: false, aliases: ["staging", "kept"]));
        Assert.Equal(first.Id, Value(await Registry.Resolve("A model", "@staging")).VersionId);
        Assert.Equal(ErrorCode.VersionReferenced, (await Registry.Deactivate(first.Id, refuseIfReferenced: true)).Error!.Code);
        Assert.True(Value(await Registry.Deactivate(first.Id, refuseIfPrimary: true)).Changed);

        await Restart("admin", Role.Admin);
        Value(await Registry.SetAlias("A model", "kept", second.Id, isProtected: true));
        Assert.Equal(ErrorCode.VersionReferenced, (await Registry.Delete(first.Id, refuseIfReferenced: true)).Error!.Code);
        Assert.Equal(ErrorCode.AliasProtected, (await Registry.Delete(second.Id)).Error!.Code);
        Value(await Registry.Delete(second.Id, releaseAliases: true));
        Assert.Equal(ErrorCode.AliasEmpty, (await Registry.Resolve("A model", "@kept")).Error!.Code);
        Assert.Equal(ErrorCode.AliasProtected, (await Registry.DeleteModel(first.ModelId)).Error!.Code);
        Value(await Registry.DeleteModel(first.ModelId, releaseAliases: true));
    }

    [Fact]
    public async Task E2_a_process_acts_in_two_workspaces_by_two_registrations()
    {
        await CreateWorkspace("other");
        var other = Silo.Services.GetRequiredKeyedService<IModelRegistry>("other");

        var here = await Deploy("A model");
        var there = Value(await other.Deploy(new Deployment { ModelName = "A model" })).Version;

        Assert.NotEqual(here.ModelId, there.ModelId);
        Assert.Equal(here.ModelId, (await Registry.FindModel("A model"))!.Model.Id);
        Assert.Equal(there.ModelId, (await other.FindModel("A model"))!.Model.Id);
        Assert.Equal(ErrorCode.VersionNotFound, (await Registry.Publish(there.Id)).Error!.Code);
    }

    [Fact]
    public async Task E3_a_command_that_is_not_well_formed_is_refused_by_its_fields()
    {
        var version = await Deploy("A model");

        AssertInvalid("version", await Registry.Deploy(new Deployment { ModelName = "A model", Version = "1.0.0", VersionBump = VersionBump.Major }));
        AssertInvalid("external_id", await Registry.Deploy(new Deployment { ModelName = "A model", ExternalId = new string('x', 129) }));
        AssertInvalid("from", await Registry.Publish(version.Id, from: version.Id));
        AssertInvalid("serving.url", await Registry.Activate(version.Id, new ServingSpec { Url = "ftp://server" }));

        static void AssertInvalid<T>(string field, Outcome<T> outcome)
            where T : class
        {
            Assert.Equal(ErrorCode.ValidationFailed, outcome.Error?.Code);
            Assert.Equal(field, outcome.Error!.Fields[0].Field);
        }
    }

    [Fact]
    public async Task L4_L5_only_an_admin_deletes()
    {
        var version = await Deploy("A model");

        Assert.Equal(ErrorCode.Forbidden, (await Registry.Delete(version.Id)).Error!.Code);
        Assert.Equal(ErrorCode.Forbidden, (await Registry.DeleteModel(version.ModelId)).Error!.Code);
        await Restart("admin", Role.Admin);
        Assert.True(Value(await Registry.Delete(version.Id)).ModelDeleted);
        Assert.Equal(ErrorCode.ModelDeleted, (await Registry.DeleteModel(version.ModelId)).Error!.Code);
        Assert.Equal(VersionState.Deleted, (await Registry.FindVersion(version.Id))!.State);
        Assert.NotNull((await Registry.FindModel(version.ModelId))!.DeletedAt);
    }

    [Theory]
    [InlineData(Role.Viewer, false)]
    [InlineData(Role.Invoker, false)]
    [InlineData(Role.Deployer, true)]
    public async Task E2_a_service_does_what_its_role_allows(Role role, bool mayDeploy)
    {
        var version = await Deploy("A model", deploy => deploy with { Publish = true });
        await Restart("other", role);

        Assert.Equal(version.Id, Value(await Registry.Resolve("A model")).VersionId);
        Assert.Equal(mayDeploy ? null : ErrorCode.Forbidden, (await Registry.Deploy(new Deployment { ModelName = "A model" })).Error?.Code);
        Assert.Equal(mayDeploy ? null : ErrorCode.Forbidden, (await Registry.Deactivate(version.Id)).Error?.Code);
    }

    [Fact]
    public async Task N5_a_deployment_that_is_repeated_with_its_key_makes_nothing()
    {
        var deployment = new Deployment { ModelName = "A model", IdempotencyKey = "build-17" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Registry.Deploy(deployment)));

        Assert.Single(answers.Select(answer => Value(answer).Version.Id).Distinct());
        Assert.Single(answers, answer => !Value(answer).Replayed);
        Assert.Equal(ErrorCode.IdempotencyKeyReused, (await Registry.Deploy(deployment with { Publish = true })).Error!.Code);
        Assert.NotEqual((await Deploy("A model")).Id, (await Deploy("A model")).Id);
    }

    [Fact]
    public async Task E3_input_that_is_not_valid_names_the_field_and_changes_nothing()
    {
        var refused = (await Registry.Deploy(new Deployment { ModelName = "a//b", Base = "x" }, new CommandOptions { IfMatch = "\"1\"" })).Error!;

        Assert.Equal(["model_name", "base", "If-Match"], refused.Fields.Select(field => field.Field));
        Assert.Equal(ErrorCode.VersionNotFound, (await Registry.Publish("no id")).Error!.Code);
        Assert.Equal(ErrorCode.ModelNotFound, (await Registry.Rollback("no/name")).Error!.Code);
        Assert.Null(await Registry.FindVersion("no id"));
        Assert.Null(await Registry.FindModel("no/name"));
        Assert.Equal(0, await Registry.ListModels(new ModelFilter()).CountAsync());
        Assert.Empty((await Silo.Catalog.ListEvents(0, 100, default)).Where(happened => happened.ModelId is not null));
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_a_stale_tag_is_refused()
    {
        var version = await Deploy("A model");

        Assert.True(Value(await Registry.Publish(version.Id, options: new CommandOptions { DryRun = true })).Changed);
        Assert.Equal("0.2.0", Value(await Registry.Deploy(new Deployment { ModelName = "A model" }, new CommandOptions { DryRun = true })).Version.Version);
        Assert.Equal(version, await Registry.FindVersion(version.Id), new Rendered());

        var tag = new CommandOptions { IfMatch = EntityTag.OfVersion(version.Revision, version.IsPrimary) };
        Assert.True(Value(await Registry.Publish(version.Id, options: tag)).Changed);
        Assert.Equal(ErrorCode.RevisionMismatch, (await Registry.Deactivate(version.Id, options: tag)).Error!.Code);
    }

    [Fact]
    public async Task E2_a_registry_sees_its_own_workspace_only_and_refuses_one_that_is_not_there()
    {
        var version = await Deploy("A model", deploy => deploy with { Publish = true });

        await Restart("other", workspace: "elsewhere");
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => Registry.Deploy(new Deployment { ModelName = "A model" }));
        Assert.Contains("elsewhere", missing.Message, StringComparison.Ordinal);

        await CreateWorkspace("elsewhere");
        Assert.Equal(ErrorCode.ModelNotFound, (await Registry.Resolve("A model")).Error!.Code);
        Assert.Equal(ErrorCode.ModelNotFound, (await Registry.Resolve(version.ModelId)).Error!.Code);
        Assert.Equal(ErrorCode.VersionNotFound, (await Registry.Deactivate(version.Id)).Error!.Code);
        Assert.Null(await Registry.FindVersion(version.Id));
        Assert.Null(await Registry.FindUsage(version.Id));
        Assert.Equal(0, await Registry.ListModels(new ModelFilter()).CountAsync());
        Assert.Equal(0, await Registry.ListVersions("A model", new VersionFilter()).CountAsync());
        Assert.NotEqual(version.ModelId, (await Deploy("A model")).ModelId);
        await foreach (var happened in Registry.Watch(new EventFilter()))
        {
            Assert.Equal("elsewhere", happened.Workspace);
            if (happened.Type == EventType.VersionDeployed)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task Lists_go_on_behind_each_page()
    {
        const int more = ICatalogGrain.MaxItems + 1;
        for (var i = 0; i < more; i++)
        {
            await Deploy("Many versions");
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, more), async (i, _) => await Deploy($"Model {i:D4}"));

        var versions = await Registry.ListVersions("Many versions", new VersionFilter()).ToListAsync();
        Assert.Equal(Enumerable.Range(1, more).Reverse().Select(ordinal => $"0.{ordinal}.0"), versions.Select(version => version.Version));
        var models = await Registry.ListModels(new ModelFilter { NamePrefix = "model" }).ToListAsync();
        Assert.Equal(Enumerable.Range(0, more).Select(i => $"Model {i:D4}"), models.Select(model => model.Name));
    }

    [Fact]
    public async Task A_watcher_sees_each_event_once_and_in_order_what_was_and_what_comes()
    {
        var model = await Deploy("A model", deploy => deploy with { Publish = true });
        var position = await Registry.FindLastPosition();
        using var stop = new CancellationTokenSource();
        var watcher = Registry.Watch(new EventFilter { ModelId = model.ModelId, After = position }, stop.Token).GetAsyncEnumerator();
        var next = watcher.MoveNextAsync();

        await Deploy("Another model");
        var other = await Deploy("A model", deploy => deploy with { Publish = true });
        Value(await Registry.Deactivate(other.Id));

        var expected = await Silo.Catalog.ListEvents("default", new EventFilter { ModelId = model.ModelId, After = position }, 100, default);
        Assert.Contains(expected, happened => happened.Type == EventType.VersionDeactivated);
        foreach (var happened in expected)
        {
            Assert.True(await next);
            Assert.Equal((happened.Id, happened.Type, happened.Data.ToString()), (watcher.Current.Id, watcher.Current.Type, watcher.Current.Data.ToString()));
            next = watcher.MoveNextAsync();
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        await watcher.DisposeAsync();
    }

    [Fact]
    public async Task A_watcher_that_names_what_can_not_be_is_refused_at_once()
    {
        await Deploy("A model");
        var last = await Registry.FindLastPosition();

        var beyond = await Assert.ThrowsAsync<RegistryRefusedException>(async () => await First(new EventFilter { After = last + 1 }));
        Assert.Equal(ErrorCode.ValidationFailed, beyond.Error!.Code);
        var list = await Assert.ThrowsAsync<RegistryRefusedException>(async () => await Registry.ListEvents(new EventFilter { After = last + 1 }).ToListAsync());
        Assert.Equal((beyond.Error.Code, beyond.Error.Detail), (list.Error!.Code, list.Error.Detail));
        Assert.Equal(last, Assert.Single(await Registry.ListEvents(new EventFilter { After = last - 1 }).ToListAsync()).Position);
        Assert.Throws<ArgumentException>(() => Registry.Watch(new EventFilter { VersionId = "not an id" }));
        Assert.Throws<ArgumentException>(() => Registry.Watch(new EventFilter { ModelId = "A model" }));
        Assert.Throws<ArgumentException>(() => Registry.Watch(new EventFilter { Types = ["version.exploded"] }));
        Assert.Equal(last, (await First(new EventFilter { After = last - 1 })).Position);

        async Task<RegistryEvent> First(EventFilter filter)
        {
            await foreach (var happened in Registry.Watch(filter))
            {
                return happened;
            }

            throw new InvalidOperationException("A watch does not end.");
        }
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Registry.Deploy(new Deployment { ModelName = "A model" }, cancellationToken: cancelled.Token));
    }

    [Fact]
    public async Task E2_a_grain_of_the_service_itself_uses_the_registry_whatever_its_key_looks_like()
    {
        var version = await Silo.Grains.GetGrain<IShopGrain>("shelf/elsewhere/7").Deploy("A model");

        Assert.Equal("0.1.0", version);
        Assert.Equal("service:shop", (await Registry.FindModel("A model"))!.Model.CreatedBy);
    }

    private static T Value<T>(Outcome<T> outcome)
        where T : class => outcome.TryGet(out var value, out var error) ? value : throw new InvalidOperationException($"{error.Code}: {error.Detail}");

    private async Task<VersionView> Deploy(string name, Func<Deployment, Deployment>? change = null)
    {
        var deployment = new Deployment { ModelName = name };
        return Value(await Registry.Deploy(change?.Invoke(deployment) ?? deployment)).Version;
    }

    private Task<TestSilo> Start(string name, Role role = Role.Deployer, string workspace = GrainKeys.DefaultWorkspace) => TestSilo.Start(
        _database!.Options,
        services => services.AddModelRegistry(options => (options.Name, options.Role, options.Workspace) = (name, role, workspace))
            .AddModelRegistry("other", options => (options.Name, options.Workspace) = (name, "other")));

    private async Task Restart(string name, Role role = Role.Deployer, string workspace = GrainKeys.DefaultWorkspace)
    {
        await Silo.DisposeAsync();
        _silo = await Start(name, role, workspace);
    }

    private async Task CreateWorkspace(string name) => Value(
        await Silo.Grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(name)).Create(new CreateWorkspaceCommand { Context = Silo.Command() }));

    /// <summary>Versions are the same when they read the same: their labels are dictionaries.</summary>
    private sealed class Rendered : IEqualityComparer<VersionView?>
    {
        public bool Equals(VersionView? x, VersionView? y) => Text(x) == Text(y);

        public int GetHashCode(VersionView obj) => Text(obj).GetHashCode(StringComparison.Ordinal);

        private static string Text(VersionView? version) => System.Text.Json.JsonSerializer.Serialize(version);
    }
}

public sealed class SqliteModelRegistryTests() : ModelRegistryTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresModelRegistryTests() : ModelRegistryTests(TestDatabase.Postgres);
