using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Webhooks;

/// <summary>
/// Touches enabled webhooks when something has happened, and every few seconds, so that deliveries go on after a crash and are tried again.
/// Which there are is found in the rows; every silo may have such a service.
/// </summary>
internal sealed partial class WebhookKeeper(
    IRegistryCatalog catalog, IWebhookCatalog webhooks, IGrainFactory grains, TimeProvider clock, ILogger<WebhookKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private ImmutableArray<string> _keys = [];
    private DateTimeOffset _lookedAt;
    private long _position;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await Look(stoppingToken);
            }
            catch (Exception e) when (e is RegistryUnavailableException or OrleansException or TimeoutException)
            {
                LogAway(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Look(CancellationToken stoppingToken)
    {
        var now = clock.GetUtcNow();
        var isTime = now - _lookedAt >= LookEvery;
        if (isTime)
        {
            _keys = await webhooks.ListEnabled(stoppingToken);
            _lookedAt = now;
        }

        if (_keys.IsEmpty)
        {
            return;
        }

        var position = await catalog.FindLastPosition(stoppingToken);
        if (isTime || position != _position)
        {
            await Task.WhenAll(_keys.Select(Touch));
            _position = position;
        }
    }

    private async Task Touch(string key)
    {
        try
        {
            await grains.GetGrain<IWebhookGrain>(key).Touch();
        }
        catch (StateCorruptException e)
        {
            LogCorrupt(key, e);
        }
    }

    [LoggerMessage(140, LogLevel.Warning, "Webhooks can't be looked after now")]
    private partial void LogAway(Exception exception);

    [LoggerMessage(141, LogLevel.Error, "Webhook {Key} is enabled, but can't be read")]
    private partial void LogCorrupt(string key, Exception exception);
}
