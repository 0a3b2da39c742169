using Orleans.Storage;
using OrleansRegistry.Models;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>Our SQL behind Orleans' own ADO.NET provider, in a real silo, with the real states.</summary>
public abstract class ProviderTests(Func<Task<TestDatabase>> emptyDatabase) : IAsyncLifetime
{
    private const string ModelKey = $"model/default/{Rows.ModelId}";

    private TestDatabase? _database;
    private TestSilo? _silo;

    private protected StorageOptions Options => _database!.Options;

    public async ValueTask InitializeAsync()
    {
        _database = await emptyDatabase();
        _silo = await TestSilo.Start(Options);
    }

    public async ValueTask DisposeAsync()
    {
        await _silo!.DisposeAsync();
        await _database!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_state_is_read_back_as_it_was_written_and_a_row_that_is_not_there_does_not_exist()
    {
        Assert.False((await Read<ModelState>("model", ModelKey)).RecordExists);
        var row = await Store();

        var model = await Read<ModelState>("model", ModelKey);
        var version = await Read<ModelVersionState>("version", GrainKeys.Version("default", new VersionId(Rows.ModelId, 1)));
        Assert.Equal((true, "1", "1"), (model.RecordExists, model.ETag, row.ETag));
        Assert.Equal(Rows.Json(Rows.Model()), Rows.Json(model.State));
        Assert.Equal((true, Rows.Json(Rows.Version())), (version.RecordExists, Rows.Json(version.State)));
    }

    [Theory]
    [InlineData("face")]
    [InlineData("FACE")]
    [InlineData("0face")]
    [InlineData("12")]
    [InlineData("日本 𝛼 'x' -- ; % _")]
    public async Task A_key_of_any_look_has_its_own_row(string name)
    {
        string[] others = ["fAce", "00face", "012", "日本"];
        foreach (var key in others.Append(name))
        {
            await Write("name", GrainKeys.Name("default", key), new GrainState<ModelNameState>(new ModelNameState { ModelId = key }));
        }

        foreach (var key in others.Append(name))
        {
            Assert.Equal(key, (await Read<ModelNameState>("name", GrainKeys.Name("default", key))).State!.ModelId);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2")]
    public async Task A_stale_row_is_an_inconsistent_state_and_nothing_is_stored(string? tag)
    {
        await Store();
        var stale = new GrainState<ModelState>(Rows.Model() with { Description = "lost", VersionWrites = [Rows.Write(Rows.Version(2, "1.0.0"))], Events = [Rows.Event("x")] }, tag);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Write("model", ModelKey, stale));

        var stored = await Read<ModelState>("model", ModelKey);
        Assert.Equal(("1", "What it is"), (stored.ETag, stored.State!.Description));
        Assert.Single(await _silo!.Catalog.ListVersions("default", Rows.ModelId, new VersionFilter(), 10, default));
        Assert.Single(await _silo.Catalog.ListEvents("default", new EventFilter(), 10, default));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("'null'")]
    [InlineData("'{}'")]
    [InlineData("'[]'")]
    [InlineData("'17'")]
    public async Task A_payload_that_cannot_be_read_is_never_a_new_state(string payload)
    {
        await Store();
        await Write("name", "name/default/A model", new GrainState<ModelNameState>(new ModelNameState { ModelId = Rows.ModelId }));
        await TestRows.Execute(Options, $"update registry_state set payload = {payload}");

        await AssertCorrupt<ModelState>("model", ModelKey);
        await AssertCorrupt<ModelVersionState>("version", GrainKeys.Version("default", new VersionId(Rows.ModelId, 1)));
        await AssertCorrupt<ModelNameState>("name", "name/default/A model");
    }

    [Fact]
    public async Task A_row_is_never_cleared()
    {
        await Store();
        var row = await Read<ModelState>("model", ModelKey);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Provider.ClearStateAsync("model", Id("model", ModelKey), row));

        Assert.True((await Read<ModelState>("model", ModelKey)).RecordExists);
    }

    [Fact]
    public async Task Of_many_first_writes_of_a_model_at_once_one_is_stored_with_all_it_brings()
    {
        var writes = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ => await Record.ExceptionAsync(() => Store())));

        Assert.Single(writes, exception => exception is null);
        Assert.Single(await _silo!.Catalog.ListVersions("default", Rows.ModelId, new VersionFilter(), 10, default));
        Assert.Single(await _silo.Catalog.ListEvents("default", new EventFilter(), 10, default));
    }

    private protected async Task AssertCorrupt<T>(string kind, string key) => Assert.Contains(
        "stored state", (await Assert.ThrowsAsync<StateCorruptException>(() => Read<T>(kind, key))).Message, StringComparison.Ordinal);

    private protected Task<GrainState<ModelState>> Store() => Write(
        "model", ModelKey, new GrainState<ModelState>(Rows.Model() with { VersionWrites = [Rows.Write(Rows.Version())], Events = [Rows.Event("x")] }));

    private FaultyStorage Provider => _silo!.Storage;

    private static GrainId Id(string kind, string key) => GrainId.Create(kind, key);

    private async Task<GrainState<T>> Read<T>(string kind, string key)
    {
        var row = new GrainState<T>();
        await Provider.ReadStateAsync(kind, Id(kind, key), row);
        return row;
    }

    private async Task<GrainState<T>> Write<T>(string kind, string key, GrainState<T> row)
    {
        await Provider.WriteStateAsync(kind, Id(kind, key), row);
        return row;
    }
}

public sealed class SqliteProviderTests() : ProviderTests(() => Task.FromResult(TestDatabase.Sqlite()))
{
    [Theory]
    [InlineData("''")]
    [InlineData("'{\"workspace\":'")]
    [InlineData("x'ff00fe'")]
    public async Task A_payload_that_is_no_JSON_is_never_a_new_state(string payload)
    {
        await Store();
        await TestRows.Execute(Options, $"update registry_state set payload = {payload} where kind = 'model'");
        await AssertCorrupt<ModelState>("model", $"model/default/{Rows.ModelId}");
    }
}

public sealed class PostgresProviderTests() : ProviderTests(TestDatabase.Postgres);
