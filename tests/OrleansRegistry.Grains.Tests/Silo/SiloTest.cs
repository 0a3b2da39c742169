using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Models;
using OrleansRegistry.Storage.Check;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>A test on a real silo with a real database of its own; each suite runs once on SQLite and once on PostgreSQL.</summary>
public abstract class SiloTest(Func<Task<TestDatabase>> emptyDatabase) : IAsyncLifetime
{
    private protected const string Workspace = GrainKeys.DefaultWorkspace;

    private TestDatabase? _database;
    private TestSilo? _silo;

    private protected TestSilo Silo => _silo!;

    private protected TestDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = await emptyDatabase();
        _silo = await TestSilo.Start(_database.Options);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A new silo on the same rows, with other limits if the test says so.</summary>
    private protected Task Restart(Action<ModelOptions>? limits = null) => RestartWith(services => services.Configure(limits ?? (_ => { })));

    /// <summary>A new silo on the same rows, with other services.</summary>
    private protected async Task RestartWith(Action<IServiceCollection> configure)
    {
        await Silo.DisposeAsync();
        _silo = await TestSilo.Start(Database.Options, configure);
    }

    /// <summary>Deploys as the gateway does: claims the name, and deploys to its model.</summary>
    private protected async Task<Outcome<DeployAnswer>> TryDeploy(string name, Func<Deployment, Deployment>? change = null, CommandContext? context = null)
    {
        var id = await Silo.Name(name).Claim(not: null);
        return await Silo.Model(id).Deploy(Silo.Deployment(name, change, context));
    }

    private protected async Task<VersionView> Deploy(string name, Func<Deployment, Deployment>? change = null)
    {
        var outcome = await TryDeploy(name, change);
        Assert.Null(outcome.Error);
        return outcome.Value!.Version;
    }

    private protected Task<VersionView> Publish(string name) => Deploy(name, deploy => deploy with { Publish = true });

    private protected DeactivateCommand DeactivateOf(VersionView version) => new() { Context = Silo.Command(), Ordinal = OrdinalOf(version) };

    private protected DeleteCommand DeleteOf(VersionView version) => new() { Context = Silo.Command(), Ordinal = OrdinalOf(version) };

    private protected static int OrdinalOf(VersionView version) =>
        VersionId.TryParse(version.Id, out var id) ? id.Ordinal : throw new FormatException(version.Id);

    private protected async Task<ModelView> Model(string id) => (await Silo.Catalog.FindModel("default", id, default))!.Model;

    private protected async Task<VersionView> Version(string id) =>
        (await Silo.Catalog.FindVersion("default", VersionId.TryParse(id, out var parsed) ? parsed : default, default))!;

    private protected async Task<IReadOnlyList<string>> EventTypes(string modelId) =>
        [.. (await Silo.Catalog.ListEvents("default", new EventFilter { ModelId = modelId }, 1000, default)).Select(happened => happened.Type)];

    /// <summary>Model rows, version rows, events and meters agree.</summary>
    private protected async Task AssertAgreement() => Assert.Empty(await RegistryCheck.Run(Database.Options, default));

    private protected IUploadGrain Upload(string sha256) => Silo.Grains.GetGrain<IUploadGrain>(GrainKeys.Upload(Workspace, sha256));

    private protected static BeginUpload Begin(Guid writer, long offset, long? length = null) =>
        new() { Writer = writer, Offset = offset, Length = length };

    private protected Task<Outcome<ArtifactAnswer>> TryCreate(ArtifactManifest manifest) =>
        Silo.Grains.GetGrain<IArtifactGrain>(GrainKeys.OfArtifact(Workspace, ArtifactDigest.Of(manifest)))
            .Create(new CreateArtifactCommand { Context = Silo.Command(), Manifest = manifest });

    private protected async Task<StoredArtifact> Create(string path)
    {
        var sha256 = await UploadFile();
        var made = await TryCreate(new ArtifactManifest
        {
            Files = [new ArtifactFile { Path = path, Sha256 = sha256, Size = 100 }],
            Format = ArtifactFormat.Python,
        });
        Assert.Null(made.Error);
        return made.Value!.Artifact;
    }

    private protected async Task<string> UploadFile()
    {
        var bytes = RandomNumberGenerator.GetBytes(100);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var writer = Guid.NewGuid();
        await Upload(sha256).Begin(Begin(writer, 0, bytes.Length));
        await using (var part = (await Silo.Files.OpenPart(Workspace, sha256))!)
        {
            await part.Append(new ReadOnlySequence<byte>(bytes), default);
            Assert.True(await part.Commit(() => Task.CompletedTask, default));
        }

        Assert.True(await Upload(sha256).Complete(writer));
        await Upload(sha256).Leave(writer);
        return sha256;
    }
}
