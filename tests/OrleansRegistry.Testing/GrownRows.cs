using System.Globalization;
using OrleansRegistry.Storage;

namespace OrleansRegistry.Testing;

/// <summary>
/// Makes very many rows from those of two models of the workspace <c>default</c>, by SQL: copies of one with all its versions and events, and
/// more versions for the other. The names of the copies are <c>{name}-{number}</c>, but for one that few letters of are common with the others;
/// each copy has a label <c>tier</c> of its own, and each new version a number <c>0.{ordinal}.0</c>, an external id and a label <c>build</c>.
/// </summary>
/// <param name="SeedId">The id of the model that is copied.</param>
/// <param name="SeedName">Its name, in lower case.</param>
/// <param name="CrowdedId">The id of the model that gets more versions: copies of its first one. It has two.</param>
public sealed record GrownRows(string SeedId, string SeedName, string CrowdedId)
{
    /// <summary>The name of the copy in the middle.</summary>
    public const string Needle = "xq-needle";

    /// <summary>The id of a copy.</summary>
    public static string IdOf(int number) => string.Create(CultureInfo.InvariantCulture, $"g{number:D9}");

    /// <summary>Makes copies up to a number, and as many versions.</summary>
    /// <param name="options">The database.</param>
    /// <param name="first">The number of the first copy; 1, or one more than the last time.</param>
    /// <param name="last">The number of the last copy.</param>
    /// <param name="middle">The number of the copy that is named <see cref="Needle"/>.</param>
    public async Task Add(StorageOptions options, int first, int last, int middle)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var step in options.PostgresConnectionString is null ? Sqlite(first, last, middle) : Postgres(first, last, middle))
        {
            await TestRows.Execute(options, step);
        }
    }

    private IEnumerable<string> Sqlite(int first, int last, int middle)
    {
        const string id = "'g' || printf('%09d', n)";
        var name = Invariant($"case n when {middle} then '{Needle}' else '{SeedName}-' || n end");
        var models = Invariant($"with recursive numbers (n) as (select {first} union all select n + 1 from numbers where n < {last})");
        var versions = Invariant($"with recursive numbers (n) as (select {Math.Max(first, 3)} union all select n + 1 from numbers where n < {last})");
        yield return $"""
            insert into registry_state (key, kind, version, payload, modified_on) {models}
                select replace(key, '{SeedId}', {id}), kind, version,
                       json_set(replace(payload, '{SeedId}', {id}), '$.name', {name}, '$.search_name', {name}, '$.labels.tier', '{SeedName}-' || n),
                       modified_on
                from numbers, registry_state where key = 'model/default/{SeedId}'
            """;
        yield return $"""
            insert into registry_state (key, kind, version, payload, modified_on) {models}
                select 'name/default/' || {name}, kind, version, replace(payload, '{SeedId}', {id}), modified_on
                from numbers, registry_state where key = 'name/default/{SeedName}'
            """;
        yield return $"""
            insert into registry_state (key, kind, version, payload, modified_on) {models}
                select replace(key, '{SeedId}', {id}), kind, version, json_set(replace(payload, '{SeedId}', {id}), '$.model_name', {name}), modified_on
                from numbers, registry_state where kind = 'version' and workspace = 'default' and model_id = '{SeedId}'
            """;
        yield return $"""
            insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data) {models}
                select replace(source, '{SeedId}', made.id), revision, e.n, workspace, made.id, replace(version_id, '{SeedId}', made.id), type, at, actor,
                       replace(data, '{SeedId}', made.id)
                from (select {id} as id from numbers) as made, registry_event as e
                where workspace = 'default' and model_id = '{SeedId}' and type <> 'model.updated'
            """;
        yield return $"""
            insert into registry_state (key, kind, version, payload, modified_on) {versions}
                select 'version/default/{CrowdedId}-' || n, kind, 1, json_set(
                           payload, '$.ordinal', n, '$.version', '0.' || n || '.0', '$.external_id', 'build-' || n, '$.labels.build', 'b' || n,
                           '$.idempotency', null), modified_on
                from numbers, registry_state where key = 'version/default/{CrowdedId}-1'
            """;
        yield return $"""
            insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data) {versions}
                select source, 10 + numbers.n, 1, workspace, model_id, '{CrowdedId}-' || numbers.n, type, at, actor, data
                from numbers, registry_event where workspace = 'default' and version_id = '{CrowdedId}-1' and type = 'version.deployed'
            """;
        yield return Invariant($"""
            update registry_state set version = {10 + last}, payload = json_set(
                payload, '$.next_ordinal', {last + 1}, '$.version_count', {last}, '$.latest_version', '0.{last}.0')
            where key = 'model/default/{CrowdedId}'
            """);
    }

    private IEnumerable<string> Postgres(int first, int last, int middle)
    {
        const string id = "'g' || lpad(n::text, 9, '0')";
        var name = Invariant($"case n when {middle} then '{Needle}' else '{SeedName}-' || n end");
        var models = Invariant($"generate_series({first}, {last}) as numbers (n)");
        var versions = Invariant($"generate_series({Math.Max(first, 3)}, {last}) as numbers (n)");
        yield return $"""
            insert into registry_state (key, kind, version, payload)
                select replace(key, '{SeedId}', {id}), kind, version, replace(payload::text, '{SeedId}', {id})::jsonb || jsonb_build_object(
                           'name', {name}, 'search_name', {name}, 'labels', payload -> 'labels' || jsonb_build_object('tier', '{SeedName}-' || n))
                from {models}, registry_state where key = 'model/default/{SeedId}'
            """;
        yield return $"""
            insert into registry_state (key, kind, version, payload)
                select 'name/default/' || {name}, kind, version, replace(payload::text, '{SeedId}', {id})::jsonb
                from {models}, registry_state where key = 'name/default/{SeedName}'
            """;
        yield return $"""
            insert into registry_state (key, kind, version, payload)
                select replace(key, '{SeedId}', {id}), kind, version, replace(payload::text, '{SeedId}', {id})::jsonb || jsonb_build_object('model_name', {name})
                from {models}, registry_state where kind = 'version' and workspace = 'default' and model_id = '{SeedId}'
            """;
        yield return $"""
            insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
                select replace(source, '{SeedId}', made.id), revision, e.n, workspace, made.id, replace(version_id, '{SeedId}', made.id), type, at, actor,
                       replace(data::text, '{SeedId}', made.id)::jsonb
                from (select {id} as id from {models}) as made, registry_event as e
                where workspace = 'default' and model_id = '{SeedId}' and type <> 'model.updated'
            """;
        yield return $"""
            insert into registry_state (key, kind, version, payload)
                select 'version/default/{CrowdedId}-' || n, kind, 1, payload || jsonb_build_object(
                           'ordinal', n, 'version', '0.' || n || '.0', 'external_id', 'build-' || n, 'idempotency', null,
                           'labels', payload -> 'labels' || jsonb_build_object('build', 'b' || n))
                from {versions}, registry_state where key = 'version/default/{CrowdedId}-1'
            """;
        yield return $"""
            insert into registry_event (source, revision, n, workspace, model_id, version_id, type, at, actor, data)
                select source, 10 + numbers.n, 1, workspace, model_id, '{CrowdedId}-' || numbers.n, type, at, actor, data
                from {versions}, registry_event where workspace = 'default' and version_id = '{CrowdedId}-1' and type = 'version.deployed'
            """;
        yield return Invariant($"""
            update registry_state set version = {10 + last}, payload = payload || jsonb_build_object(
                'next_ordinal', {last + 1}, 'version_count', {last}, 'latest_version', '0.{last}.0')
            where key = 'model/default/{CrowdedId}'
            """);
        yield return "do $$ begin while registry_number_events() > 0 loop end loop; end $$";
        yield return "vacuum analyze";
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
