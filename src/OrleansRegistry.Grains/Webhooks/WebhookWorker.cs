using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Webhooks;

/// <summary>
/// Touches enabled webhooks when something has happened, and every few seconds, so that deliveries go on after a crash
/// and are tried again. Which there are is found in the rows; every silo may have such a service.
/// </summary>
internal sealed partial class WebhookWorker(
    IRegistryCatalog catalog, IWebhookCatalog webhooks, IGrainFactory grains, TimeProvider clock, ILogger<WebhookWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TouchInterval = TimeSpan.FromSeconds(5);

    private ImmutableHashSet<string> _known = [];
    private DateTimeOffset _touchedAt;
    private long _position;

    protected override async Task Work(CancellationToken stoppingToken)
    {
        var enabled = (await webhooks.ListEnabled(stoppingToken)).ToImmutableHashSet();
        var position = enabled.IsEmpty ? _position : await catalog.FindLastPosition(stoppingToken);
        var now = Clock.GetUtcNow();
        var isTime = position != _position || now - _touchedAt >= TouchInterval;
        await Task.WhenAll((isTime ? enabled : enabled.Except(_known)).Select(Touch));
        (_known, _position) = (enabled, position);
        _touchedAt = isTime ? now : _touchedAt;
    }

    private async Task Touch(string key)
    {
        try
        {
            WorkspaceScope.Enter(GrainKeys.Split(key).Workspace);
            await grains.GetGrain<IWebhookGrain>(key).Touch();
        }
        catch (StateCorruptException e)
        {
            LogCorrupt(key, e);
        }
    }

    [LoggerMessage(140, LogLevel.Warning, "Webhooks can't be processed now")]
    protected override partial void LogFailure(Exception exception);

    [LoggerMessage(141, LogLevel.Error, "Webhook {Key} is enabled, but can't be read")]
    private partial void LogCorrupt(string key, Exception exception);
}
