using OrleansRegistry.Testing;

namespace OrleansRegistry.Artifacts;

/// <summary>The file that ties a directory of artifacts to a database.</summary>
public sealed class ArtifactMarkerTests : IAsyncLifetime
{
    private const string FileName = "registry-artifacts";

    private readonly TestDatabase _database = TestDatabase.Sqlite();
    private TestSilo? _silo;

    /// <summary>The directory on whose file the silo has agreed.</summary>
    private string Own => Path.Combine(_database.Options.DataDirectory, "artifacts");

    public async ValueTask InitializeAsync() => _silo = await TestSilo.Start(_database.Options);

    public async ValueTask DisposeAsync()
    {
        await _silo!.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_that_start_at_once_agree_on_one_file()
    {
        await Forget();
        var shared = Path.Combine(_database.Options.DataDirectory, "shared");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Check(shared))));

        Assert.All(answers, Assert.Null);
        Assert.Equal([FileName], Names(shared));
    }

    [Fact]
    public async Task A_node_that_ended_before_the_file_had_its_name_has_lost_nothing()
    {
        var file = Path.Combine(Own, FileName);
        File.Move(file, $"{file}.{(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Trim()}");

        Assert.Null(await Check(Own));
        Assert.Equal([FileName], Names(Own));
    }

    [Fact]
    public async Task A_directory_that_was_in_use_before_the_database_is_of_another_deployment()
    {
        await Forget();

        Assert.Contains("of another deployment", await Check(Own), StringComparison.Ordinal);
        await _silo!.DisposeAsync();
        _silo = await TestSilo.Start(_database.Options);
        Assert.Contains("of another deployment", _silo.Files.OffReason, StringComparison.Ordinal);
    }

    private static IEnumerable<string?> Names(string directory) => Directory.EnumerateFiles(directory).Select(Path.GetFileName);

    private Task<string?> Check(string directory) => new ArtifactMarker(directory).Check(_silo!.Access, TestContext.Current.CancellationToken);

    /// <summary>Makes the database one on which no node has agreed.</summary>
    private async Task Forget() => await TestRows.Execute(_database.Options, "delete from registry_setting where name = 'artifacts'");
}
