using Orleans.Storage;
using OrleansRegistry.Models;
using OrleansRegistry.Testing;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Tests;

/// <summary>Our SQL behind Orleans' own ADO.NET provider, in a real silo, with the real states.</summary>
public abstract class ProviderTests(SiloFixture fixture)
{
    private readonly string _id = OrleansRegistry.ModelId.New();

    private protected StorageOptions Options => fixture.Options;

    private protected string ModelKey => GrainKeys.Model("default", _id);

    private string VersionKey => GrainKeys.Version("default", new VersionId(_id, 1));

    private string NameKey => GrainKeys.Name("default", _id);

    private FaultyStorage Provider => fixture.Silo.Storage;

    private ModelState Model => Rows.Model(_id, _id);

    private ModelVersionState Version => Rows.Version(modelId: _id, name: _id);

    [Fact]
    public async Task A_state_is_read_back_as_it_was_written_and_a_row_that_is_not_there_does_not_exist()
    {
        Assert.False((await Read<ModelState>("model", ModelKey)).RecordExists);
        var row = await Store();

        var model = await Read<ModelState>("model", ModelKey);
        var version = await Read<ModelVersionState>("version", VersionKey);
        Assert.Equal((true, "1", "1"), (model.RecordExists, model.ETag, row.ETag));
        Assert.Equal(Rows.Json(Model), Rows.Json(model.State));
        Assert.Equal((true, Rows.Json(Version)), (version.RecordExists, Rows.Json(version.State)));
    }

    [Fact]
    public async Task A_key_of_any_look_has_its_own_row()
    {
        string[] names = ["face", "FACE", "fAce", "0face", "00face", "12", "012", "e\u0301", "\u00e9", "日本 𝛼", "'x' -- ; _ @p0", "{0}", "}{", "{"];
        foreach (var name in names)
        {
            await Write("name", GrainKeys.Name("default", name), new GrainState<ModelNameState>(new ModelNameState { ModelId = name }));
        }

        foreach (var name in names)
        {
            Assert.Equal(name, (await Read<ModelNameState>("name", GrainKeys.Name("default", name))).State!.ModelId);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("2")]
    public async Task A_stale_row_is_an_inconsistent_state_and_nothing_is_stored(string? tag)
    {
        await Store();
        var stale = new GrainState<ModelState>(Model with { Description = "lost", VersionWrites = [Rows.Write(Version with { Ordinal = 2, Version = "1.0.0", Idempotency = null })], Events = [Rows.Event("x")] }, tag);

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => Write("model", ModelKey, stale));

        var stored = await Read<ModelState>("model", ModelKey);
        Assert.Equal(("1", "What it is"), (stored.ETag, stored.State!.Description));
        Assert.Single(await fixture.Silo.Catalog.ListVersions("default", _id, new VersionFilter(), 10, default));
        Assert.Single(await fixture.Silo.Catalog.ListEvents("default", new EventFilter { ModelId = _id }, 10, default));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("'null'")]
    [InlineData("'17'")]
    [InlineData("'{}'")]
    [InlineData("'[]'")]
    public async Task A_payload_that_cannot_be_read_is_never_a_new_state(string payload)
    {
        await Store();
        await Write("name", NameKey, new GrainState<ModelNameState>(new ModelNameState { ModelId = _id }));
        await TestRows.Execute(Options, $"update registry_state set payload = {payload} where key in ('{ModelKey}', '{VersionKey}', '{NameKey}')");

        await AssertCorrupt<ModelState>("model", ModelKey);
        await AssertCorrupt<ModelVersionState>("version", VersionKey);
        await AssertCorrupt<ModelNameState>("name", NameKey);
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
        Assert.Single(await fixture.Silo.Catalog.ListVersions("default", _id, new VersionFilter(), 10, default));
        Assert.Single(await fixture.Silo.Catalog.ListEvents("default", new EventFilter { ModelId = _id }, 10, default));
    }

    private protected async Task AssertCorrupt<T>(string kind, string key) => Assert.Contains(
        "stored state", (await Assert.ThrowsAsync<StateCorruptException>(() => Read<T>(kind, key))).Message, StringComparison.Ordinal);

    private protected Task<GrainState<ModelState>> Store() => Write(
        "model", ModelKey, new GrainState<ModelState>(Model with { VersionWrites = [Rows.Write(Version)], Events = [Rows.Event("x")] }));

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

public sealed class SqliteProviderTests(SqliteSilo silo) : ProviderTests(silo), IClassFixture<SqliteSilo>
{
    [Theory]
    [InlineData("''")]
    [InlineData("'{\"workspace\":'")]
    [InlineData("x'ff00fe'")]
    public async Task A_payload_that_is_no_JSON_is_never_a_new_state(string payload)
    {
        await Store();
        await TestRows.Execute(Options, $"update registry_state set payload = {payload} where key = '{ModelKey}'");
        await AssertCorrupt<ModelState>("model", ModelKey);
    }
}

[Trait("Database", "PostgreSQL")]
public sealed class PostgresProviderTests(PostgresSilo silo) : ProviderTests(silo), IClassFixture<PostgresSilo>;
