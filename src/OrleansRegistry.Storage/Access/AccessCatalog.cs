using System.Collections.Immutable;
using System.Data.Common;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Access;
using OrleansRegistry.Storage.Catalog;

namespace OrleansRegistry.Storage.Access;

/// <inheritdoc/>
internal sealed partial class AccessCatalog(RegistryDatabase database, ILogger<AccessCatalog> logger) : IAccessCatalog
{
    private const string CreatedAt = "payload -> 'key' ->> 'created_at'";
    private const string Rows = "select key, cast(payload as text) from registry_state";

    public async Task<ImmutableArray<ApiKeyView>> ListKeys(string workspace, ApiKeyCursor? after, int limit, CancellationToken cancellationToken)
    {
        var query = new CatalogQuery(Rows).Where("kind = 'key' and acts_in = {0}", workspace).OrderBy($"{CreatedAt}, key");
        if (after is not null)
        {
            query.Where($"({CreatedAt}, key) > ({{0}}, {{1}})", after.CreatedAt.ToInstantText(), GrainKeys.ApiKey(after.Prefix));
        }

        return [.. (await Read<ApiKeyState>(query, cancellationToken, limit)).Select(row => row.Key)];
    }

    public Task<long> CountKeys(string workspace, DateTimeOffset at, CancellationToken cancellationToken) => database.Read(async connection =>
        (await CatalogReader.Read(
            connection,
            new CatalogQuery("select count(*) from registry_state").Where("kind = 'key' and acts_in = {0}", workspace)
                .Where("payload -> 'key' ->> 'revoked_at' is null")
                .Where("coalesce(payload -> 'key' ->> 'expires_at' > {0}, true)", at.ToInstantText()),
            row => row.GetInt64(0),
            cancellationToken)).Single(),
        cancellationToken);

    public async Task<StoredApiKey?> FindKey(string prefix, CancellationToken cancellationToken)
    {
        var query = new CatalogQuery(Rows).Where("kind = 'key' and key = {0}", GrainKeys.ApiKey(prefix));
        var rows = await database.Read(connection => CatalogReader.Read(connection, query, ReadKey, cancellationToken), cancellationToken);
        return rows is [var row] ? row : null;

        static StoredApiKey ReadKey(DbDataReader row)
        {
            var what = row.GetString(0);
            var stored = StateJson.Read<ApiKeyState>(CatalogReader.Text(row, 1), what);
            return CatalogReader.Guard(what, () => new StoredApiKey(
                stored.Key,
                [.. Convert.FromBase64String(stored.Hash)],
                stored.OtherHash is { } other ? [.. Convert.FromBase64String(other.Value)] : null));
        }
    }

    public async Task<ImmutableArray<SessionView>> ListSessions(string keyPrefix, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var begin = GrainKeys.Sessions(keyPrefix);
        var query = new CatalogQuery(Rows).Where("kind = 'session' and key > {0} and key < {1}", begin, begin[..^1] + '/').OrderBy("key");
        var rows = await database.Read(connection => CatalogReader.Read(connection, query, ReadSession, cancellationToken), cancellationToken);
        return [.. rows.OfType<SessionView>().OrderByDescending(session => session.CreatedAt)];

        SessionView? ReadSession(DbDataReader row) => ReadOrLog<SessionState>(row) is { } state && state.End(state.LastUsedAt) > at
            ? new SessionView
            {
                Id = row.GetString(0)[begin.Length..],
                CreatedAt = state.CreatedAt,
                ExpiresAt = state.ExpiresAt,
                LastUsedAt = state.LastUsedAt,
            }
            : null;
    }

    public async Task<ImmutableArray<WorkspaceView>> ListWorkspaces(string? after, int limit, CancellationToken cancellationToken)
    {
        var query = new CatalogQuery(Rows).OfKind("workspace").OrderBy("key");
        if (after is not null)
        {
            query.Where("key > {0}", GrainKeys.Workspace(after));
        }

        return [.. (await Read<WorkspaceState>(query, cancellationToken, limit)).Select(row => row.Workspace)];
    }

    public Task<bool> HasWorkspace(string name, CancellationToken cancellationToken) =>
        Any(new CatalogQuery("select key from registry_state").Where("kind = 'workspace' and key = {0}", GrainKeys.Workspace(name)), cancellationToken);

    public Task<bool> HasKeys(CancellationToken cancellationToken) => Any(new CatalogQuery("select key from registry_state").OfKind("key"), cancellationToken);

    public async Task<string> Agree(string setting, string value, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Writers.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.AddParameters([("name", setting), ("value", value)]);
            command.CommandText = "insert into registry_setting (name, value) values (@name, @value) on conflict (name) do nothing";
            await command.ExecuteNonQueryAsync(cancellationToken);
            command.CommandText = "select value from registry_setting where name = @name";
            return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            throw new RegistryUnavailableException($"The settings of the deployment can't be read now: {e.Message}");
        }
    }

    public Task<string?> FindAgreed(string setting, CancellationToken cancellationToken) => database.Read(async connection => (await CatalogReader.Read(
        connection, new CatalogQuery("select value from registry_setting").Where("name = {0}", setting), row => row.GetString(0), cancellationToken)).SingleOrDefault(),
        cancellationToken);

    private Task<bool> Any(CatalogQuery query, CancellationToken cancellationToken) => database.Read(async connection =>
        (await CatalogReader.Read(connection, query, row => row.GetString(0), cancellationToken, 1)).Length > 0,
        cancellationToken);

    private async Task<ImmutableArray<T>> Read<T>(CatalogQuery query, CancellationToken cancellationToken, int? limit = null)
        where T : class
    {
        var rows = await database.Read(connection => CatalogReader.Read(connection, query, ReadOrLog<T>, cancellationToken, limit), cancellationToken);
        return [.. rows.OfType<T>()];
    }

    private T? ReadOrLog<T>(DbDataReader row)
        where T : class
    {
        var key = row.GetString(0);
        try
        {
            return StateJson.Read<T>(CatalogReader.Text(row, 1), key);
        }
        catch (StateCorruptException e)
        {
            LogLeftOut(key, e);
            return null;
        }
    }

    [LoggerMessage(302, LogLevel.Error, "The stored row {Key} can't be read and is left out")]
    private partial void LogLeftOut(string key, Exception exception);
}
