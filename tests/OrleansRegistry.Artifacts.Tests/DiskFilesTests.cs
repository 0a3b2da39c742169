using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Artifacts;

/// <summary>The files of artifacts on a real disk, with the rows of a real database.</summary>
public sealed class DiskFilesTests : IAsyncLifetime
{
    private const string Workspace = "default";

    private readonly TestDatabase _database = TestDatabase.Sqlite();
    private TestSilo? _silo;

    private IArtifactFiles Files => _silo!.Files;

    private ArtifactPackages Packages => _silo!.Services.GetRequiredService<ArtifactPackages>();

    private string Directory => Path.Combine(_database.Options.DataDirectory, "artifacts");

    public async ValueTask InitializeAsync() => _silo = await TestSilo.Start(_database.Options);

    public async ValueTask DisposeAsync()
    {
        await _silo!.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task F1_a_file_is_there_whole_and_under_its_digest()
    {
        var (bytes, sha256) = New();
        await using (var part = (await Files.OpenPart(Workspace, sha256))!)
        {
            await Append(part, bytes);
            await part.Flush();
            Assert.False(await Files.Has(Workspace, sha256, 100));
            Assert.Null(await Files.OpenRead(Workspace, sha256));

            Assert.True(await part.Commit(() => Task.CompletedTask, default));
        }

        Assert.True(await Files.Has(Workspace, sha256, 100));
        Assert.False(await Files.Has("other", sha256, 100));
        Assert.Equal(bytes, await Read(sha256));
        Assert.Equal([new StoredFileName(Workspace, sha256, 100)], Files.List());
    }

    [Fact]
    public async Task F1_other_bytes_are_removed()
    {
        var (bytes, sha256) = New();
        bytes[3] ^= 1;
        await using (var part = (await Files.OpenPart(Workspace, sha256))!)
        {
            await Append(part, bytes);
            Assert.False(await part.Commit(() => Task.CompletedTask, default));
        }

        Assert.False(await Files.Has(Workspace, sha256, 100));
        await using var again = (await Files.OpenPart(Workspace, sha256))!;
        Assert.Equal(0, again.Length);
    }

    [Fact]
    public async Task F2_a_part_stays_and_goes_on()
    {
        var (bytes, sha256) = New();
        await using (var part = (await Files.OpenPart(Workspace, sha256))!)
        {
            await Append(part, bytes[..60]);
        }

        await using (var part = (await Files.OpenPart(Workspace, sha256))!)
        {
            Assert.Equal(60, part.Length);
            part.Truncate(40);
            await Append(part, bytes[40..]);
            Assert.True(await part.Commit(() => Task.CompletedTask, default));
        }

        Assert.Equal(bytes, await Read(sha256));
    }

    [Fact]
    public async Task F9_a_part_is_open_once()
    {
        var (_, sha256) = New();
        await using var part = await Files.OpenPart(Workspace, sha256);

        Assert.NotNull(part);
        Assert.Null(await Files.OpenPart(Workspace, sha256));
        await using var other = await Files.OpenPart("other", sha256);
        Assert.NotNull(other);
    }

    [Fact]
    public async Task F9_who_waited_for_a_part_never_writes_to_the_file()
    {
        var (bytes, sha256) = New();
        await Store(bytes, sha256);

        Assert.Null(await Files.OpenPart(Workspace, sha256));
        Assert.Equal(bytes, await Read(sha256));
    }

    [Fact]
    public async Task Nothing_is_written_where_the_directory_is_not_there_any_more()
    {
        var (_, sha256) = New();
        File.Delete(Path.Combine(Directory, "registry-artifacts"));

        await Assert.ThrowsAsync<RegistryUnavailableException>(async () => await Files.OpenPart(Workspace, sha256));
    }

    [Fact]
    public async Task F7_a_full_disk_is_said_and_what_was_stored_stays()
    {
        Assert.SkipUnless(Environment.UserName == "root" && OperatingSystem.IsLinux(), "Only root mounts a small disk.");
        var disk = System.IO.Directory.CreateTempSubdirectory("disk-").FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk), "This machine mounts no tmpfs.");
        try
        {
            var files = new DiskFiles(Path.Combine(disk, "artifacts"), minFreeBytes: 0);
            await files.Start(await FreshAccess(), default);
            Assert.Null(files.OffReason);
            Assert.True(files.HasRoomFor(1000));
            Assert.False(files.HasRoomFor(2_000_000));
            var bytes = RandomNumberGenerator.GetBytes(2_000_000);
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));

            await using (var part = (await files.OpenPart(Workspace, sha256))!)
            {
                await Append(part, bytes[..500_000]);
                await part.Flush();
                await Assert.ThrowsAsync<ArtifactsFullException>(() => Append(part, bytes[500_000..]));
                part.Truncate(500_000);
                await part.Flush();
                Assert.Equal(500_000, part.Length);
            }

            var (small, name) = New();
            await using (var part = (await files.OpenPart(Workspace, name))!)
            {
                await Append(part, small);
                Assert.True(await part.Commit(() => Task.CompletedTask, default));
            }
        }
        finally
        {
            Assert.True(Run("umount", disk));
            System.IO.Directory.Delete(disk);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_package_has_the_files_read_only_until_it_is_disposed_of(bool copies)
    {
        var (digest, files) = await NewArtifact("model.py", "lib/a/b.py", "lib/c.py");

        string path;
        await using (var package = (await Packages.Make(Workspace, digest, copies, default))!)
        {
            path = package.Path;
            foreach (var (name, bytes) in files)
            {
                var file = Path.Combine(path, name);
                Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
                Assert.Equal("r--r--r--", Mode(File.GetUnixFileMode(file)));
            }

            Assert.Equal("r-xr-xr-x", Mode(File.GetUnixFileMode(path)));
            Assert.Equal("r-xr-xr-x", Mode(File.GetUnixFileMode(Path.Combine(path, "lib/a"))));
            // A second one beside it, and those of processes that live stay.
            await using var other = (await Packages.Make(Workspace, digest, copies, default))!;
            Packages.RemoveAbandoned();
            Assert.True(System.IO.Directory.Exists(path) && System.IO.Directory.Exists(other.Path));
        }

        Assert.False(System.IO.Directory.Exists(path));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
        Assert.All(files, file => Assert.Equal(file.Bytes, Read(Convert.ToHexStringLower(SHA256.HashData(file.Bytes))).Result));
    }

    [Fact]
    public async Task A_package_that_its_process_left_is_removed()
    {
        var (digest, _) = await NewArtifact("model.py", "lib/a.py");
        var package = (await Packages.Make(Workspace, digest, copies: false, default))!;
        var left = package.Path + "0";
        Assert.True(Run("cp", "-a", package.Path, left));
        await File.WriteAllTextAsync(left + ".lock", "");

        Packages.RemoveAbandoned();

        Assert.False(System.IO.Directory.Exists(left));
        Assert.True(System.IO.Directory.Exists(package.Path));
        await package.DisposeAsync();
    }

    [Fact]
    public async Task There_is_no_package_of_an_artifact_that_lost_a_file()
    {
        var (digest, files) = await NewArtifact("model.py", "lib/a.py");
        await Files.Remove(Workspace, Convert.ToHexStringLower(SHA256.HashData(files[1].Bytes)));

        Assert.Null(await Packages.Make(Workspace, digest, copies: false, default));
        Assert.Null(await Packages.Make(Workspace, new string('0', 64), copies: false, default));
        Assert.Null(await Packages.Make("other", digest, copies: false, default));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Path.Combine(Directory, "packages")));
    }

    private static (byte[] Bytes, string Sha256) New()
    {
        var bytes = RandomNumberGenerator.GetBytes(100);
        return (bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static async Task Append(IArtifactPart part, byte[] bytes) => await part.Append(new ReadOnlySequence<byte>(bytes), default);

    private async Task Store(byte[] bytes, string sha256)
    {
        await using var part = (await Files.OpenPart(Workspace, sha256))!;
        await Append(part, bytes);
        Assert.True(await part.Commit(() => Task.CompletedTask, default));
    }

    private async Task<byte[]> Read(string sha256)
    {
        await using var stream = (await Files.OpenRead(Workspace, sha256))!;
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    /// <summary>An artifact with a file of its own under each path.</summary>
    private async Task<(string Digest, (string Path, byte[] Bytes)[] Files)> NewArtifact(params string[] paths)
    {
        List<(string, byte[])> files = [];
        var entries = ImmutableArray.CreateBuilder<ArtifactFile>();
        foreach (var path in paths)
        {
            var (bytes, sha256) = New();
            await Store(bytes, sha256);
            await _silo!.Artifacts.Store(
                Workspace,
                new StoredFile { Sha256 = sha256, Length = 100, Stored = 100, IsComplete = true, ChangedAt = _silo.Clock.GetUtcNow() },
                default);
            files.Add((path, bytes));
            entries.Add(new ArtifactFile { Path = path, Sha256 = sha256, Size = 100 });
        }

        var manifest = new ArtifactManifest { Files = entries.ToImmutable(), Format = ArtifactFormat.Python };
        var digest = ArtifactDigest.Of(manifest);
        var made = await _silo!.Grains.GetGrain<IArtifactGrain>(GrainKeys.OfArtifact(Workspace, digest))
            .Create(new CreateArtifactCommand { Context = _silo.Command(), Manifest = manifest });
        Assert.Null(made.Error);
        return (digest, [.. files]);
    }

    /// <summary>The agreements of a deployment that has no directory yet.</summary>
    private static Task<IAccessCatalog> FreshAccess() => Task.FromResult<IAccessCatalog>(new NoAgreements());

    private static string Mode(UnixFileMode mode) => string.Concat(
        "rwxrwxrwx".Select((letter, place) => ((int)mode & (1 << (8 - place))) != 0 ? letter : '-'));

    private static bool Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Settings that nobody has agreed on.</summary>
    private sealed class NoAgreements : IAccessCatalog
    {
        public Task<string> Agree(string setting, string value, CancellationToken cancellationToken) => Task.FromResult(value);

        public Task<string?> FindAgreed(string setting, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

        public Task<ImmutableArray<ApiKeyView>> ListKeys(string workspace, ApiKeyCursor? after, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<long> CountKeys(string workspace, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<StoredApiKey?> FindKey(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<WorkspaceView>> ListWorkspaces(string? after, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> HasWorkspace(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<SessionView>> ListSessions(string keyPrefix, DateTimeOffset at, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> HasKeys(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
