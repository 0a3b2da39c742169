using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Storage.Check;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Artifacts and uploads on a silo: who writes, what counts, and what is collected (rules F6, F7 and F9).</summary>
public abstract class ArtifactTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan SecondLook = CollectionRules.MarkedDuration;

    [Fact]
    public async Task F9_one_writer_is_let_in_at_a_time_until_it_leaves_or_is_silent()
    {
        var upload = Upload(new string('a', 64));
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());

        Assert.Equal(0, (await upload.Begin(Begin(first, 0, 100))).Value!.Stored);
        Assert.Equal(ErrorCode.UploadInProgress, (await upload.Begin(Begin(second, 0, 100))).Error!.Code);
        Assert.False(await upload.Advance(second, 10));
        Assert.True(await upload.Advance(first, 40));
        await upload.Leave(second);
        Assert.Equal(ErrorCode.UploadInProgress, (await upload.Begin(Begin(second, 40))).Error!.Code);

        await upload.Leave(first);

        Assert.Equal(40, (await upload.Begin(Begin(second, 40))).Value!.Stored);
        Assert.False(await upload.Complete(first));
    }

    [Fact]
    public async Task F9_a_request_elsewhere_than_at_the_offset_lets_nobody_in()
    {
        var upload = Upload(new string('a', 64));
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        await upload.Begin(Begin(first, 0, 100));
        await upload.Advance(first, 40);
        await upload.Leave(first);

        Assert.Equal(40, (await upload.Begin(Begin(first, 10))).Value!.Stored);
        Assert.Equal(40, (await upload.Begin(Begin(second, 40))).Value!.Stored);
    }

    [Fact]
    public async Task F2_the_offset_survives_a_restart()
    {
        var writer = Guid.NewGuid();
        await Upload(new string('a', 64)).Begin(Begin(writer, 0, 100));
        await Upload(new string('a', 64)).Advance(writer, 40);

        await Restart();

        Assert.Equal(40, (await Upload(new string('a', 64)).Begin(Begin(Guid.NewGuid(), 40))).Value!.Stored);
    }

    [Fact]
    public async Task F7_a_workspace_has_so_many_bytes_and_no_more()
    {
        await Restart(limits => limits.ArtifactBytesPerWorkspace = 20_000);
        var writer = Guid.NewGuid();

        // The first counts as long as it will be, the second as a block of the disk.
        Assert.Null((await Upload(new string('a', 64)).Begin(Begin(writer, 0, 12_000))).Error);
        Assert.Null((await Upload(new string('b', 64)).Begin(Begin(writer, 0, 1))).Error);
        Assert.Equal(ErrorCode.QuotaExceeded, (await Upload(new string('c', 64)).Begin(Begin(writer, 0, 4000))).Error!.Code);
        Assert.Empty(await Silo.Artifacts.FindStored(Workspace, [new string('c', 64)], default));

        await Upload(new string('b', 64)).Drop(writer);

        Assert.Null((await Upload(new string('c', 64)).Begin(Begin(writer, 0, 4000))).Error);
    }

    [Fact]
    public async Task F6_an_artifact_that_no_version_has_goes_after_a_day_and_its_files_with_it()
    {
        var artifact = await Create("model.py");
        var (digest, sha256) = (artifact.Digest, artifact.Files[0].Sha256);

        await Collect(Day - TimeSpan.FromMinutes(1));
        Assert.NotNull(await Find(digest));

        // Marked: gone for everybody, but not yet from the disk.
        await Collect(TimeSpan.FromMinutes(2));
        Assert.Null(await Find(digest));
        Assert.Equal(ErrorCode.ArtifactNotFound, (await TryDeploy("m", Of(digest))).Error!.Code);
        Assert.True(await Silo.Files.Has(Workspace, sha256, 100));

        // The artifact at the second look; its file is marked then, and goes at the one after it.
        await Collect(SecondLook);
        await Collect(SecondLook);
        Assert.False(await Silo.Files.Has(Workspace, sha256, 100));
        Assert.Empty(await Silo.Artifacts.FindStored(Workspace, [sha256], default));
        Assert.Equal([EventType.ArtifactCreated, EventType.ArtifactRemoved], await ArtifactEvents());
        Assert.Empty(await Check());
    }

    [Fact]
    public async Task F6_what_an_active_or_inactive_version_has_stays()
    {
        var digest = (await Create("model.py")).Digest;
        var version = await Deploy("m", Of(digest));
        await Deploy("m");
        await Silo.Model(version.ModelId).Deactivate(DeactivateOf(version));

        await Collect(Day);
        await Collect(SecondLook);
        await Collect(SecondLook);
        Assert.NotNull(await Find(digest));

        await Silo.Model(version.ModelId).Delete(DeleteOf(version));

        // The day begins when it is seen that nobody has it.
        await Collect(TimeSpan.FromHours(1));
        await Collect(Day - TimeSpan.FromMinutes(1));
        Assert.NotNull(await Find(digest));
        await Collect(TimeSpan.FromMinutes(1));
        Assert.Null(await Find(digest));
    }

    [Fact]
    public async Task F6_a_deployment_between_the_looks_keeps_it()
    {
        var artifact = await Create("model.py");
        await Deploy("m", Of(artifact.Digest));

        // The first look came before the deployment was stored, which had found the artifact there.
        await Mark(artifact.Digest);
        await Restart();
        Assert.Null(await Find(artifact.Digest));
        await Collect(SecondLook);

        Assert.NotNull(await Find(artifact.Digest));
        Assert.True(await Silo.Files.Has(Workspace, artifact.Files[0].Sha256, 100));
    }

    [Fact]
    public async Task F6_making_it_again_unmarks_it()
    {
        var artifact = await Create("model.py");
        await Collect(Day);
        Assert.Null(await Find(artifact.Digest));

        var again = await TryCreate(ManifestOf(artifact));

        Assert.False(again.Value!.IsNew);
        await Collect(SecondLook);
        Assert.NotNull(await Find(artifact.Digest));
        Assert.Equal([EventType.ArtifactCreated], await ArtifactEvents());
    }

    [Fact]
    public async Task F6_two_artifacts_share_a_file_until_both_are_gone()
    {
        var one = await Create("model.py");
        var other = (await TryCreate(new ArtifactManifest
        {
            Files = [.. one.Files, one.Files[0] with { Path = "copy.py" }],
            Format = ArtifactFormat.Python,
        })).Value!.Artifact;
        await Deploy("m", Of(other.Digest));

        await Collect(Day);
        await Collect(SecondLook);
        await Collect(SecondLook);

        Assert.Null(await Find(one.Digest));
        Assert.True(await Silo.Files.Has(Workspace, one.Files[0].Sha256, 100));
        Assert.Empty(await Check());
    }

    [Fact]
    public async Task F6_an_upload_that_is_not_finished_goes_after_a_day()
    {
        var writer = Guid.NewGuid();
        var sha256 = new string('a', 64);
        await Upload(sha256).Begin(Begin(writer, 0, 100));
        await Upload(sha256).Leave(writer);

        await Collect(Day - TimeSpan.FromMinutes(1));
        Assert.Single(await Silo.Artifacts.FindStored(Workspace, [sha256], default));
        await Collect(TimeSpan.FromMinutes(1));
        await Collect(SecondLook);

        Assert.Empty(await Silo.Artifacts.FindStored(Workspace, [sha256], default));
    }

    [Fact]
    public async Task F6_a_file_that_is_wanted_again_is_not_collected_for_a_day()
    {
        var artifact = await UploadFile();
        await Collect(Day);
        Assert.NotNull((await Silo.Artifacts.FindStored(Workspace, [artifact], default))[0].MarkedAt);

        var grant = await Upload(artifact).Begin(Begin(Guid.NewGuid(), 100));

        Assert.True(grant.Value!.IsComplete);
        await Collect(SecondLook);
        Assert.True((await Silo.Artifacts.FindStored(Workspace, [artifact], default))[0].IsThere);
    }

    [Fact]
    public async Task F8_a_row_without_a_file_and_a_file_without_a_row_are_found()
    {
        var artifact = await Create("model.py");
        var sha256 = artifact.Files[0].Sha256;
        Assert.Empty(await Check());

        await Silo.Files.Remove(Workspace, sha256);
        Assert.Contains(await Check(), finding => finding.ToString().Contains("has lost the file model.py", StringComparison.Ordinal));

        var stray = await UploadFile();
        await Silo.Artifacts.Remove(Workspace, stray, default);
        Assert.Contains(await Check(), finding => finding.Subject == GrainKeys.Upload(Workspace, stray));
        Assert.Equal(2, (await Check()).Count);
    }

    private async Task<IReadOnlyList<Finding>> Check() => await RegistryCheck.Run(Database.Options, Silo.Files, default);

    private Task<StoredArtifact?> Find(string digest) => Silo.Artifacts.FindArtifact(Workspace, digest, default);

    private static Func<Deployment, Deployment> Of(string digest) => deployment => deployment with { Artifact = new Artifact { Digest = digest } };

    private async Task Collect(TimeSpan later)
    {
        Silo.Clock.Move(later);
        await Silo.Services.GetRequiredService<CollectionWorker>().CollectAll(default);
    }

    private async Task Mark(string digest)
    {
        var set = Database.Options.PostgresConnectionString is null ? "json_set(payload, '$.marked_at', {0})" : "jsonb_set(payload, '{{marked_at}}', to_jsonb({0}::text))";
        var at = $"'{Silo.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ}'";
        await TestRows.Execute(
            Database.Options,
            $"update registry_state set payload = {string.Format(System.Globalization.CultureInfo.InvariantCulture, set, at)} "
            + $"where kind = 'artifact' and key = '{GrainKeys.OfArtifact(Workspace, digest)}'");
    }

    private async Task<IReadOnlyList<string>> ArtifactEvents() =>
    [
        .. (await Silo.Catalog.ListEvents(Workspace, new EventFilter { Types = [EventType.ArtifactCreated, EventType.ArtifactRemoved] }, 100, default))
            .Select(happened => happened.Type),
    ];

    private static ArtifactManifest ManifestOf(StoredArtifact artifact) => new() { Files = artifact.Files, Format = artifact.Format };
}

public sealed class ArtifactTestsOnSqlite() : ArtifactTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class ArtifactTestsOnPostgres() : ArtifactTests(TestDatabase.Postgres);
