using System.Collections.Immutable;
using System.Data.Common;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Storage.Catalog;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Storage.Webhooks;

/// <inheritdoc/>
internal sealed partial class WebhookCatalog(RegistryDatabase database, ILogger<WebhookCatalog> logger) : IWebhookCatalog
{
    private const string Rows = "select key, cast(payload as text) from registry_state";

    public async Task<ImmutableArray<WebhookView>> List(string workspace, CancellationToken cancellationToken) =>
    [
        .. (await Read(workspace, cancellationToken)).Select(row => row.Webhook)
            .OrderBy(webhook => webhook.CreatedAt)
            .ThenBy(webhook => webhook.Id, StringComparer.Ordinal),
    ];

    public async Task<ImmutableArray<string>> ListEnabled(CancellationToken cancellationToken) =>
        [.. (await Read(workspace: null, cancellationToken)).Where(row => row.Webhook.State == WebhookState.Enabled).Select(row => row.Key)];

    private async Task<ImmutableArray<(string Key, WebhookView Webhook)>> Read(string? workspace, CancellationToken cancellationToken)
    {
        var rows = await database.Read(
            connection => CatalogReader.Read(
                connection,
                new CatalogQuery(Rows).OfKind("webhook", workspace).Where("deleted_at is null"),
                ReadOrLog,
                cancellationToken),
            cancellationToken);
        return [.. rows.Where(row => row.Webhook is not null).Select(row => (row.Key, row.Webhook!))];
    }

    private (string Key, WebhookView? Webhook) ReadOrLog(DbDataReader row)
    {
        var key = row.GetString(0);
        try
        {
            return (key, StateJson.Read<WebhookRow>(CatalogReader.Text(row, 1), key).Webhook);
        }
        catch (StateCorruptException e)
        {
            LogLeftOut(key, e);
            return (key, null);
        }
    }

    [LoggerMessage(301, LogLevel.Error, "The stored row {Key} can't be read and is left out")]
    private partial void LogLeftOut(string key, Exception exception);
}
