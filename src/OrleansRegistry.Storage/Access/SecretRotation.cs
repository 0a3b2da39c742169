using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansRegistry.Access;
using OrleansRegistry.Storage.Catalog;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Storage.Access;

/// <summary>
/// Has the rows go over to another secret of the deployment (rule H4). It may run beside nodes: a row that they change
/// meanwhile is read again.
/// </summary>
internal sealed class SecretRotation(RegistryDatabase database, CancellationToken cancellationToken)
{
    private const string Rows = "select key, version, cast(payload as text) from registry_state";

    private readonly SortedSet<string> _corrupt = [];

    /// <summary>The rows that can't be read.</summary>
    public IReadOnlyCollection<string> Corrupt => _corrupt;

    /// <summary>What the nodes have agreed on, or null.</summary>
    public async Task<string?> FindAgreed(string setting)
    {
        var query = new CatalogQuery("select value from registry_setting").Where("name = {0}", setting);
        var rows = await database.Read(
            connection => CatalogReader.Read(connection, query, row => row.GetString(0), cancellationToken), cancellationToken);
        return rows is [var value] ? value : null;
    }

    /// <summary>Encrypts the secrets of all webhooks with the current key.</summary>
    public async Task<RotatedWebhooks> Encrypt(WebhookSeal seal)
    {
        List<string> unreadable = [];
        var (total, changed) = (0, 0);
        foreach (var found in await Read<WebhookRow>(new CatalogQuery(Rows).OfKind("webhook").OrderBy("key")))
        {
            var stored = (Stored<WebhookRow>?)found;
            while (stored is { Row.DeletedAt: null } && seal.Close(stored.Row) is var next && !ReferenceEquals(next, stored.Row))
            {
                if (await Replace(stored, next))
                {
                    changed++;
                    stored = stored with { Row = next };
                    break;
                }

                var again = await Read<WebhookRow>(new CatalogQuery(Rows).Where("kind = 'webhook' and key = {0}", found.Key));
                stored = again is [var one] ? one : null;
            }

            if (stored is { Row: { DeletedAt: null } row })
            {
                total++;
                if (row.Secrets.Any(secret => seal.Open(row.Webhook.Id, secret) is null))
                {
                    unreadable.Add(row.Webhook.Id);
                }
            }
        }

        return new RotatedWebhooks(total, changed, [.. unreadable]);
    }

    /// <summary>The keys that count at an instant, and have no hash under a secret, by workspace.</summary>
    /// <param name="secret">The fingerprint of the secret.</param>
    /// <param name="at">The instant.</param>
    public async Task<ImmutableArray<ApiKeyView>> ListUnused(string secret, DateTimeOffset at) =>
    [
        .. (await Read<ApiKeyState>(new CatalogQuery(Rows).OfKind("key").OrderBy("key")))
            .Select(stored => stored.Row)
            .Where(row => row.Key.RevokedAt is null && !(row.Key.ExpiresAt <= at) && !row.IsUnder(secret))
            .Select(row => row.Key)
            .OrderBy(key => key.Workspace, StringComparer.Ordinal),
    ];

    /// <summary>Puts another value in the place of what the nodes have agreed on.</summary>
    public async Task Agree(string setting, string value)
    {
        await using var connection = await database.Writers.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "update registry_setting set value = @value where name = @name";
        command.AddParameters([("name", setting), ("value", value)]);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [SuppressMessage("Security", "CA2100", Justification = "A statement of the dialect.")]
    private async Task<bool> Replace(Stored<WebhookRow> stored, WebhookRow next)
    {
        await using var connection = await database.Writers.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = database.ReplaceRow;
        command.AddParameters(
            [("payload", Encoding.UTF8.GetString(StateJson.Write(next))), ("key", stored.Key), ("kind", "webhook"), ("version", stored.Version)]);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private async Task<ImmutableArray<Stored<T>>> Read<T>(CatalogQuery query)
        where T : class
    {
        var rows = await database.Read(connection => CatalogReader.Read(connection, query, ReadRow<T>, cancellationToken), cancellationToken);
        return [.. rows.OfType<Stored<T>>()];
    }

    private Stored<T>? ReadRow<T>(DbDataReader row)
        where T : class
    {
        var key = row.GetString(0);
        try
        {
            return new Stored<T>(key, row.GetInt32(1), StateJson.Read<T>(CatalogReader.Text(row, 2), key));
        }
        catch (StateCorruptException)
        {
            _corrupt.Add(key);
            return null;
        }
    }

    private sealed record Stored<T>(string Key, int Version, T Row);
}

/// <summary>What became of the secrets of webhooks.</summary>
/// <param name="Total">How many webhooks there are.</param>
/// <param name="Changed">How many of their rows were written.</param>
/// <param name="Unreadable">The ids of those that have a secret which neither key opens.</param>
internal sealed record RotatedWebhooks(int Total, int Changed, ImmutableArray<string> Unreadable);
