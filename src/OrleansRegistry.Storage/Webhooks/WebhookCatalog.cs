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
        .. (await Read($"webhook/{workspace}/", $"webhook/{workspace}0", cancellationToken)).Select(row => row.Webhook)
            .OrderBy(webhook => webhook.CreatedAt)
            .ThenBy(webhook => webhook.Id, StringComparer.Ordinal),
    ];

    public async Task<ImmutableArray<string>> ListEnabled(CancellationToken cancellationToken) =>
        [.. (await Read("webhook/", "webhook0", cancellationToken)).Where(row => row.Webhook.State == WebhookState.Enabled).Select(row => row.Key)];

    private async Task<ImmutableArray<(string Key, WebhookView Webhook)>> Read(string from, string to, CancellationToken cancellationToken)
    {
        var rows = await database.Read(
            connection => CatalogReader.Read(
                connection,
                new CatalogQuery(Rows).Where("kind = 'webhook' and key > {0} and key < {1} and deleted_at is null", from, to),
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
