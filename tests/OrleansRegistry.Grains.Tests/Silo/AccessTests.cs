using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using Orleans.Concurrency;
using OrleansRegistry.Models;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Keys, workspaces and what lies between them (rule E2), on a real silo with a real database.</summary>
public abstract class AccessTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    private static readonly ImmutableArray<byte> Hash = [.. RandomNumberGenerator.GetBytes(32)];
    private static readonly ImmutableArray<byte> OtherHash = [.. Hash.Select(value => (byte)~value)];

    /// <summary>Every method that a stranger could call, by interface: the list is the test of the guard.</summary>
    private static readonly Dictionary<string, string[]> EntryPoints = new()
    {
        ["IApiKeyGrain"] = ["Authenticate", "Create", "NoteUse", "Rehash", "Revoke", "Rotate"],
        ["IArtifactGrain"] = ["Collect", "Create"],
        ["IBillingGrain"] = ["Close"],
        ["ICatalogGrain"] =
        [
            "FindDeployment", "FindEventRange", "FindLastPosition", "FindModel", "FindModelId", "FindPrimary", "FindUsage", "FindVersion", "FindVersionByNumber",
            "ListEvents", "ListModels", "ListPrimaries", "ListVersions",
        ],
        ["IModelGrain"] =
        [
            "Activate", "Await", "Deactivate", "Delete", "DeleteModel", "Deploy", "GetHealth", "Observe", "PatchModel", "PatchVersion", "Promote", "Publish",
            "PutServers", "RemoveAlias", "Resolve", "Rollback", "RollbackAlias", "Route", "SetAlias",
        ],
        ["IModelNameGrain"] = ["Claim", "Get"],
        ["IModelServing"] = ["FallBack", "Look", "Mark", "ReportProbe", "Touch"],
        ["IModelVersionGrain"] = ["GetProbeResult", "Prepare", "TakeOver", "TakeSigns"],
        ["IRatesGrain"] = ["Get", "Put"],
        ["ISessionGrain"] = ["Authenticate", "Begin", "End", "NoteUse"],
        ["IUploadGrain"] = ["Advance", "Begin", "Collect", "Complete", "Drop", "Leave"],
        ["IVersionTrafficGrain"] = ["Read", "Report"],
        ["IWebhookGrain"] = ["Create", "Delete", "Get", "ListDeliveries", "Patch", "Redeliver", "RotateSecret", "Touch"],
        ["IWorkspaceGrain"] = ["Create", "Get"],
    };

    private static readonly string[] OfNoWorkspace = ["IApiKeyGrain", "ISessionGrain", "IWorkspaceGrain"];

    [Fact]
    public void E2_every_entry_point_of_a_grain_is_on_the_list() => Assert.Equivalent(
        EntryPoints,
        Interfaces.ToDictionary(grain => grain.Name, grain => grain.GetMethods().Select(method => method.Name).Order(StringComparer.Ordinal).ToArray()),
        strict: true);

    [Fact]
    public async Task E2_no_entry_point_of_a_grain_can_be_reached_from_another_workspace_or_from_none()
    {
        var model = (await Deploy("A model")).ModelId;
        var before = await Dump();
        var grains = Silo.Grains;
        foreach (var grain in Interfaces.Where(grain => !OfNoWorkspace.Contains(grain.Name)))
        {
            foreach (var method in grain.GetMethods())
            {
                foreach (var workspace in (string?[])["other", "Default", "default2", null])
                {
                    RequestContext.Clear();
                    if (workspace is not null)
                    {
                        WorkspaceScope.Enter(workspace);
                    }

                    var key = $"{Kind(grain)}/default/{model}{(Kind(grain) is "version" or "traffic" ? "-1" : "")}";
                    var arguments = method.GetParameters().Select(parameter => parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null);
                    var call = (Task)method.Invoke(grains.GetGrain(grain, key), [.. arguments])!;

                    // Nobody hears what becomes of a one-way call; the rows do.
                    if (method.IsDefined(typeof(OneWayAttribute)))
                    {
                        await call;
                        continue;
                    }

                    await Assert.ThrowsAsync<ForeignWorkspaceException>(() => call);
                }
            }
        }

        Assert.Equal(before, await Dump());
    }

    [Fact]
    public async Task E2_the_same_name_in_two_workspaces_is_two_models()
    {
        await Make("other");
        var here = await Deploy("A model");
        WorkspaceScope.Enter("other");
        var grains = Silo.Grains;
        WorkspaceScope.Enter("other");
        var id = await grains.GetGrain<IModelNameGrain>(GrainKeys.Name("other", "A model")).Claim(not: null);
        var there = await grains.GetGrain<IModelGrain>(GrainKeys.Model("other", id)).Deploy(Silo.Deployment("A model"));

        Assert.NotEqual(here.ModelId, there.Value!.Version.ModelId);
        Assert.Null(await Silo.Catalog.FindModel("other", here.ModelId, default));
        Assert.Null(await Silo.Catalog.FindModel("default", id, default));
        Assert.Equal(id, await Silo.Catalog.FindModelId("other", "A model", default));
        Assert.DoesNotContain(await Silo.Catalog.ListEvents("default", new EventFilter(), 100, default), happened => happened.ModelId == id);
        await AssertAgreement();
    }

    [Fact]
    public async Task Q5_what_nobody_has_stays_in_no_memory()
    {
        await Make("default");
        var deployed = await Deploy("A model");
        List<string> keys = [];
        for (var n = 0; n < 20; n++)
        {
            var id = ModelId.New();
            var prefix = id[..8];
            var month = BillingMonth.Of(Silo.Clock.GetUtcNow().AddMonths(n + 1));
            keys.AddRange([GrainKeys.Model("default", id), GrainKeys.Webhook("default", id), GrainKeys.ApiKey(prefix), GrainKeys.Name("default", id), GrainKeys.Billing("default", month)]);
            var model = Silo.Model(id);
            Assert.Equal(ErrorCode.ModelNotFound, (await model.Resolve(null)).Error?.Code);
            Assert.Equal(ErrorCode.VersionNotFound, (await model.Publish(new PublishCommand { Context = Silo.Command(), Ordinal = 1 })).Error?.Code);
            var crowd = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => model.Publish(new PublishCommand { Context = Silo.Command(), Ordinal = 1 })));
            Assert.All(crowd, outcome => Assert.Equal(ErrorCode.VersionNotFound, outcome.Error?.Code));
            Assert.NotNull((await model.Deploy(Silo.Deployment("x", deploy => deploy with { Base = "9.9" }))).Error);
            Assert.Null((await model.Deploy(Silo.Deployment("x", context: Silo.Command(dryRun: true)))).Error);
            Assert.Null(await Silo.Name(id).Get());
            var webhook = Silo.Grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook("default", id));
            Assert.Equal(ErrorCode.WebhookNotFound, (await webhook.Get()).Error?.Code);
            Assert.Null(await Key(prefix).Authenticate(Hash));
            Assert.Equal(ErrorCode.ApiKeyNotFound, (await Key(prefix).Revoke(Revocation())).Error?.Code);
            Assert.Equal(ErrorCode.MonthOpen, (await Silo.Statement(month).Close(new CloseMonthCommand { Context = Silo.Command() })).Error?.Code);
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await Active()).Overlaps(keys))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var active = await Active();
        Assert.Contains(GrainKeys.Model("default", deployed.ModelId), active);
        Assert.DoesNotContain(active, key => keys.Any(unknown => key.StartsWith(unknown.Replace("model/", "version/", StringComparison.Ordinal), StringComparison.Ordinal)));

        async Task<HashSet<string>> Active() =>
            [.. (await Silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).Select(grain => grain.GrainId.Key.ToString()!)];
    }

    [Fact]
    public async Task A_key_is_known_by_its_hash_until_it_is_revoked()
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        Assert.Null(await key.Authenticate(Hash));

        var made = (await key.Create(Creation() with { ModelIds = ["k7m2qx9p4d"], Role = Role.Invoker })).Value!;

        Assert.Equal(("4f7k2m9q", "ci", "default", Role.Invoker, "test"), (made.Prefix, made.Name, made.Workspace, made.Role, made.CreatedBy));
        var known = (await key.Authenticate(Hash))!;
        Assert.Equal(("default", Role.Invoker), (known.Workspace, known.Role));
        Assert.Equal(["k7m2qx9p4d"], known.ModelIds);
        Assert.Null(await key.Authenticate(OtherHash));
        Assert.Null(await key.Authenticate([]));
        Assert.Null(await Key("00000000").Authenticate(Hash));

        var revoked = (await key.Revoke(Revocation())).Value!;
        Assert.Equal("test", revoked.RevokedBy);
        Assert.Null(await key.Authenticate(Hash));
        Assert.Equal(revoked, (await key.Revoke(Revocation())).Value! with { ModelIds = revoked.ModelIds });
        await Restart();
        Assert.Null(await Key("4f7k2m9q").Authenticate(Hash));
        Assert.Equal([EventType.WorkspaceCreated, EventType.ApiKeyCreated, EventType.ApiKeyRevoked], await WorkspaceEvents("default"));
        await AssertAgreement();
    }

    [Fact]
    public async Task A_key_expires()
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        var end = Silo.Clock.GetUtcNow().AddMinutes(1);
        Assert.Null((await key.Create(Creation() with { ExpiresAt = end })).Error);
        Assert.NotNull(await key.Authenticate(Hash));

        Silo.Clock.Move(TimeSpan.FromMinutes(1));

        Assert.Null(await key.Authenticate(Hash));
    }

    [Fact]
    public async Task E2_an_answer_about_a_key_holds_for_a_second_but_not_longer_than_the_key()
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        await key.Create(Creation() with { ExpiresAt = Silo.Clock.GetUtcNow().AddMinutes(1) });
        Assert.Equal(ApiKeyIdentity.MaxLeaseDuration, (await key.Authenticate(Hash))!.LeaseDuration);

        Silo.Clock.Move(TimeSpan.FromMinutes(1) - ApiKeyIdentity.MaxLeaseDuration);

        // The clock goes on meanwhile, so that the key may also have expired already.
        Assert.True(await key.Authenticate(Hash) is not { } known || known.LeaseDuration < ApiKeyIdentity.MaxLeaseDuration);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task E2_a_revocation_is_answered_when_no_answer_about_the_key_holds_any_more(bool isRestarted)
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        await key.Create(Creation());
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Ask()));
        await first.Task;
        if (isRestarted)
        {
            // The activation that gave the answers is gone; they are still out there.
            await Restart();
            key = Key("4f7k2m9q");
        }

        Assert.Null((await key.Revoke(Revocation())).Error);
        var answered = Silo.Clock.GetTimestamp();
        Assert.InRange((await asking).Max(), 1, answered);

        async Task<long> Ask()
        {
            var held = 0L;
            try
            {
                while (true)
                {
                    var asked = Silo.Clock.GetTimestamp();
                    if (await key.Authenticate(Hash) is not { } known)
                    {
                        return held;
                    }

                    held = asked + (long)(known.LeaseDuration.TotalSeconds * Silo.Clock.TimestampFrequency);
                    first.TrySetResult();
                    await Task.Yield();
                }
            }
            catch (Exception) when (isRestarted)
            {
                return held;
            }
        }
    }

    [Fact]
    public async Task The_use_of_a_key_is_noted_to_the_hour_without_a_write_for_each()
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        await key.Create(Creation());
        var before = Silo.Storage.Writes;

        for (var i = 0; i < 100; i++)
        {
            await key.Authenticate(Hash);
        }

        // The note is a turn of its own; a command that comes behind it waits for it.
        await key.NoteUse();
        var used = Assert.Single(await Silo.Access.ListKeys("default", after: null, limit: 100, default)).LastUsedAt!.Value;
        Assert.Equal((0, 0), (used.Minute, used.Second));
        Assert.InRange(Silo.Storage.Writes - before, 1, 2);
    }

    [Fact]
    public async Task A_key_needs_a_workspace_that_is_there()
    {
        Assert.Equal(ErrorCode.WorkspaceNotFound, (await Key("4f7k2m9q").Create(Creation() with { Workspace = "nowhere" })).Error?.Code);
        Assert.False(await Silo.Access.HasKeys(default));
        await Make("nowhere");
        Assert.Null((await Key("4f7k2m9q").Create(Creation() with { Workspace = "nowhere" })).Error);
        Assert.True(await Silo.Access.HasKeys(default));
        Assert.Empty(await Silo.Access.ListKeys("default", after: null, limit: 100, default));
        Assert.Single(await Silo.Access.ListKeys("nowhere", after: null, limit: 100, default));
    }

    [Fact]
    public async Task Keys_are_listed_page_by_page_and_counted_while_they_count()
    {
        await Make("default");
        await Make("other");
        await Key("99999999").Create(Creation() with { Workspace = "other" });
        List<string> made = [];
        foreach (var prefix in (string[])["7k2m9q4f", "1k2m9q4f", "9k2m9q4f", "3k2m9q4f", "5k2m9q4f"])
        {
            var end = prefix[0] == '9' ? Silo.Clock.GetUtcNow().AddDays(1) : (DateTimeOffset?)null;
            made.Add((await Key(prefix).Create(Creation() with { ExpiresAt = end, Context = Silo.Command() })).Value!.Prefix);
            if (prefix[0] != '1')
            {
                // Two keys may be made in the same millisecond, which the prefix tells apart.
                Silo.Clock.Move(TimeSpan.FromSeconds(1));
            }
        }

        await Key(made[3]).Revoke(Revocation());
        List<ApiKeyView> listed = [];
        for (ApiKeyCursor? after = null; await Silo.Access.ListKeys("default", after, limit: 2, default) is { IsEmpty: false } page; after = new(page[^1].CreatedAt, page[^1].Prefix))
        {
            Assert.InRange(page.Length, 1, 2);
            listed.AddRange(page);
        }

        Assert.Equal(listed.OrderBy(key => key.CreatedAt).ThenBy(key => key.Prefix, StringComparer.Ordinal), listed);
        Assert.Equal(made.Order(StringComparer.Ordinal), listed.Select(key => key.Prefix).Order(StringComparer.Ordinal));
        Assert.Equal(4, await Silo.Access.CountKeys("default", Silo.Clock.GetUtcNow(), default));
        Assert.Equal(3, await Silo.Access.CountKeys("default", Silo.Clock.GetUtcNow().AddDays(1), default));
        Assert.Equal(0, await Silo.Access.CountKeys("nowhere", Silo.Clock.GetUtcNow(), default));
    }

    [Fact]
    public async Task A4_a_key_that_takes_the_place_of_another_is_like_it_and_lives_as_long()
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        var begun = Silo.Clock.GetUtcNow();
        var old = (await key.Create(Creation() with { Role = Role.Invoker, ModelIds = ["k7m2qx9p4d"], ExpiresAt = begun.AddDays(10) })).Value!;
        Silo.Clock.Move(TimeSpan.FromDays(2));

        // The second time its answer was lost, as far as its caller knows.
        foreach (var prefix in (string[])["11111111", "22222222"])
        {
            var made = (await key.Rotate(Rotation(prefix))).Value!;
            Assert.Equal((prefix, old.Name, old.Role, old.Workspace), (made.Prefix, made.Name, made.Role, made.Workspace));
            Assert.Equal(old.ModelIds, made.ModelIds);
            Assert.InRange(made.ExpiresAt!.Value - begun, TimeSpan.FromDays(12) - TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(12) + TimeSpan.FromMinutes(1));
            Assert.NotNull(await Key(prefix).Authenticate(OtherHash));
        }

        Assert.NotNull(await key.Authenticate(Hash));
        Silo.Clock.Move(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
        Assert.Null(await key.Authenticate(Hash));
        Assert.Equal(ErrorCode.ApiKeyEnded, (await key.Rotate(Rotation("33333333"))).Error?.Code);
        Assert.Null(await Silo.Access.FindKey("33333333", default));
        Assert.Equal(
            [EventType.WorkspaceCreated, EventType.ApiKeyCreated, EventType.ApiKeyCreated, EventType.ApiKeyRotated, EventType.ApiKeyCreated, EventType.ApiKeyRotated],
            await WorkspaceEvents("default"));
        await AssertAgreement();

        RotateApiKeyCommand Rotation(string prefix) =>
            new() { Context = Silo.Command(), MaxRole = Role.Operator, NewPrefix = prefix, NewHash = OtherHash, OverlapSeconds = 3600 };
    }

    [Fact]
    public async Task Only_its_own_role_and_those_above_revoke_a_key_and_only_in_its_workspace()
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        await key.Create(Creation() with { Role = Role.Operator });

        Assert.Equal(ErrorCode.Forbidden, (await key.Revoke(Revocation() with { MaxRole = Role.Admin })).Error?.Code);
        Assert.Equal(ErrorCode.ApiKeyNotFound, (await key.Revoke(Revocation() with { Workspace = "other" })).Error?.Code);
        Assert.Equal(ErrorCode.ApiKeyNotFound, (await Key("00000000").Revoke(Revocation())).Error?.Code);
        Assert.NotNull(await key.Authenticate(Hash));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task E1_a_revocation_whose_answer_is_lost_is_found_by_its_row(bool isStored)
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        await key.Create(Creation());
        await key.NoteUse();
        Func<string, Task> fault = kind => kind == "key" ? throw new IOException("The connection is gone.") : Task.CompletedTask;
        Silo.Storage.BeforeWrite = isStored ? null : fault;
        Silo.Storage.AfterWrite = isStored ? fault : null;

        var outcome = await key.Revoke(Revocation());
        (Silo.Storage.BeforeWrite, Silo.Storage.AfterWrite) = (null, null);

        Assert.Equal(isStored ? null : ErrorCode.Unavailable, outcome.Error?.Code);
        // Who wanted it revoked is not told that it is not, and until nothing can come of it any more it isn't valid.
        Assert.Null(await key.Authenticate(Hash));
        Assert.Null((await key.Revoke(Revocation())).Error);
        Assert.Null(await key.Authenticate(Hash));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task E1_a_key_is_refused_while_nobody_knows_whether_its_revocation_was_stored(bool isStored)
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        await key.Create(Creation());
        await key.NoteUse();
        Func<string, Task> fault = kind => kind == "key" ? throw new IOException("The connection is gone.") : Task.CompletedTask;
        Silo.Storage.BeforeRead = fault;
        Silo.Storage.BeforeWrite = isStored ? null : fault;
        Silo.Storage.AfterWrite = isStored ? fault : null;

        await Assert.ThrowsAsync<RegistryUnavailableException>(() => key.Revoke(Revocation()));
        Assert.Null(await key.Authenticate(Hash));

        // Once the deadline is over, what the row says is all there is.
        Silo.Clock.Move(CommandContext.Lifetime + TimeSpan.FromSeconds(1));
        var looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (Silo.Storage.BeforeWrite, Silo.Storage.AfterWrite) = (null, null);
        Silo.Storage.BeforeRead = kind =>
        {
            looked.TrySetResult();
            return Task.CompletedTask;
        };
        await looked.Task;
        // A turn behind the one that looks.
        Assert.Equal(ErrorCode.ApiKeyNotFound, (await key.Revoke(Revocation() with { Workspace = "other" })).Error?.Code);
        Assert.Equal(isStored, await key.Authenticate(Hash) is null);
    }

    [Fact]
    public async Task E1_a_revocation_that_reaches_the_database_after_its_deadline_is_not_stored()
    {
        await Make("default");
        var key = Key("4f7k2m9q");
        await key.Create(Creation());
        await key.NoteUse();

        Silo.Clock.Move(TimeSpan.FromHours(-1));

        Assert.Equal(ErrorCode.Unavailable, (await key.Revoke(Revocation())).Error?.Code);
        Assert.Null((await Silo.Access.ListKeys("default", after: null, limit: 100, default)).Single().RevokedAt);
    }

    [Fact]
    public async Task A_workspace_is_made_once_and_says_so()
    {
        var made = (await Make("vision")).Value!;
        Assert.Equal(("vision", "test"), (made.Name, made.CreatedBy));
        Assert.Equal(ErrorCode.WorkspaceExists, (await Make("vision")).Error?.Code);
        await Make("audio");

        Assert.Equal(["audio", "vision"], (await Silo.Access.ListWorkspaces(null, 10, default)).Select(workspace => workspace.Name));
        Assert.Equal([EventType.WorkspaceCreated], await WorkspaceEvents("vision"));
    }

    [Fact]
    public async Task Q4_quotas_bound_models_versions_and_active_versions_of_a_workspace()
    {
        await Restart(options => (options.ModelsPerWorkspace, options.VersionsPerWorkspace, options.ActiveVersionsPerWorkspace) = (2, 4, 3));
        var first = await Deploy("one");
        await Deploy("two");
        await Exceeds(() => TryDeploy("three"), "2 models");
        await Deploy("two");
        await Exceeds(() => TryDeploy("two"), "3 active versions");
        Assert.Null((await Silo.Model(first.ModelId).Deactivate(DeactivateOf(first))).Error);
        await Deploy("one");
        Assert.Equal(
            ErrorCode.QuotaExceeded,
            (await Silo.Model(first.ModelId).Activate(new ActivateCommand { Context = Silo.Command(), Ordinal = 1 })).Error?.Code);
        await Exceeds(() => TryDeploy("two"), "4 versions");
        Assert.Null((await Silo.Model(first.ModelId).Delete(DeleteOf(first))).Error);
        await Exceeds(() => TryDeploy("two"), "3 active versions");
        await AssertAgreement();

        static async Task Exceeds(Func<Task<Outcome<DeployAnswer>>> deploy, string what)
        {
            var error = (await deploy()).Error!;
            Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
            Assert.Contains(what, error.Detail, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<Type> Interfaces => ((Assembly[])[typeof(IModelGrain).Assembly, typeof(ModelGrain).Assembly])
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.IsInterface && typeof(IGrain).IsAssignableFrom(type));

    private static string Kind(Type grain) => grain.Name switch
    {
        "IModelGrain" or "IModelServing" => "model",
        "IArtifactGrain" => "artifact",
        "ICatalogGrain" => "catalog",
        "IModelNameGrain" => "name",
        "IModelVersionGrain" => "version",
        "IVersionTrafficGrain" => "traffic",
        "IRatesGrain" => "rates",
        "IBillingGrain" => "billing",
        "IUploadGrain" => "upload",
        "IWebhookGrain" => "webhook",
        _ => throw new ArgumentOutOfRangeException(nameof(grain)),
    };

    private IApiKeyGrain Key(string prefix) => Silo.Grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(prefix));

    private Task<Outcome<WorkspaceView>> Make(string workspace) =>
        Silo.Grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(workspace)).Create(new CreateWorkspaceCommand { Context = Silo.Command() });

    private CreateApiKeyCommand Creation() =>
        new() { Context = Silo.Command(), Hash = Hash, Name = "ci", Workspace = "default", Role = Role.Deployer };

    private RevokeApiKeyCommand Revocation() => new() { Context = Silo.Command(), MaxRole = Role.Operator };

    private async Task<IReadOnlyList<string>> WorkspaceEvents(string workspace) =>
        [.. (await Silo.Catalog.ListEvents(workspace, new EventFilter(), 100, default)).Where(happened => happened.ModelId is null).Select(happened => happened.Type)];

    private async Task<string> Dump() => Convert.ToString(
        await TestRows.Execute(Database.Options, "select count(*) || '/' || sum(version) || '/' || max(modified_on) from registry_state"), null)!;
}

public sealed class SqliteAccessTests() : AccessTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresAccessTests() : AccessTests(TestDatabase.Postgres);
