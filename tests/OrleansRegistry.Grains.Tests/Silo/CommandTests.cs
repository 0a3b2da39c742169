using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Commands on a real silo with a real database.</summary>
public abstract class CommandTests : IAsyncLifetime
{
    private TestDatabase? _database;
    private TestSilo? _silo;

    private protected TestSilo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        _database = await EmptyDatabase();
        _silo = await TestSilo.Start(_database.Options);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        await _database!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task N1_N2_the_first_deployment_is_0_1_0_and_a_second_goes_on()
    {
        var first = await Deploy("A model");
        var second = await Deploy("A model", publish: true, bump: VersionBump.Major);

        Assert.Equal("0.1.0", first.Version);
        Assert.Equal(VersionState.Draft, first.State);
        Assert.Equal("1.0.0", second.Version);
        Assert.True(second.IsPrimary);
        var model = await Silo.Catalog.FindModel("default", first.ModelId, default);
        Assert.Equal(2, model!.Model.VersionCount);
        Assert.Equal(second.Id, model.Model.Primary!.VersionId);
        Assert.Equivalent(first, await Silo.Catalog.FindVersion("default", new VersionId(first.ModelId, 1), default), strict: true);
        Assert.Equivalent(second, await Silo.Catalog.FindVersion("default", new VersionId(first.ModelId, 2), default), strict: true);
    }

    /// <summary>An empty database.</summary>
    private protected abstract Task<TestDatabase> EmptyDatabase();

    private protected async Task<VersionView> Deploy(string name, bool publish = false, VersionBump? bump = null)
    {
        var id = await Silo.Name(name).Claim(not: null);
        var outcome = await Silo.Model(id).Deploy(new DeployCommand
        {
            Context = Silo.Command(),
            ModelName = name,
            Publish = publish,
            VersionBump = bump,
        });
        Assert.Null(outcome.Error);
        return outcome.Value!.Version;
    }
}

public sealed class SqliteCommandTests : CommandTests
{
    private protected override Task<TestDatabase> EmptyDatabase() => Task.FromResult(TestDatabase.Sqlite());
}

public sealed class PostgresCommandTests : CommandTests
{
    private protected override Task<TestDatabase> EmptyDatabase() => TestDatabase.Postgres();
}
