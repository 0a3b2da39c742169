using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansRegistry.Billing;

/// <summary>
/// Closes months by themselves, some hours after their end, in workspaces that have rates. What is to be closed is found in the rows; closing
/// twice makes one statement, so that every silo may have such a service.
/// </summary>
internal sealed partial class StatementKeeper(
    IBillingCatalog catalog, IGrainFactory grains, IOptions<BillingOptions> options, TimeProvider clock, ILogger<StatementKeeper> logger)
    : BackgroundService
{
    private const string Closer = "system";

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    /// <summary>Closes every month whose time has come.</summary>
    public async Task CloseAll(CancellationToken cancellationToken)
    {
        foreach (var workspace in await catalog.ListRated(cancellationToken))
        {
            var closed = (await catalog.ListClosed(workspace, cancellationToken)).Select(month => month.Month).ToHashSet();
            if (await catalog.FindFirstUsage(workspace, cancellationToken) is { } first)
            {
                foreach (var month in Due(first).Where(month => !closed.Contains(month)))
                {
                    await Close(workspace, month);
                }
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.CloseAfterHours == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            try
            {
                await CloseAll(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogAway(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private IEnumerable<BillingMonth> Due(DateTimeOffset first)
    {
        var grace = TimeSpan.FromHours(options.Value.CloseAfterHours);
        for (var month = BillingMonth.Of(first); month.End + grace <= clock.GetUtcNow(); month = new BillingMonth(month.End))
        {
            yield return month;
        }
    }

    private async Task Close(string workspace, BillingMonth month)
    {
        var now = clock.GetUtcNow();
        WorkspaceScope.Enter(workspace);
        var outcome = await grains.GetGrain<IBillingGrain>(GrainKeys.Billing(workspace, month)).Close(new CloseMonthCommand
        {
            Context = new CommandContext { CommandId = Guid.CreateVersion7(now), Actor = Closer, Deadline = now + CommandContext.Lifetime, Role = Role.Operator },
        });
        if (outcome.Error is { } error)
        {
            LogNotClosed(workspace, month, error.Detail);
        }
    }

    [LoggerMessage(121, LogLevel.Warning, "Workspace {Workspace}: month {Month} can't be closed: {Reason}")]
    private partial void LogNotClosed(string workspace, BillingMonth month, string reason);

    [LoggerMessage(122, LogLevel.Warning, "Months that are over can't be looked up now")]
    private partial void LogAway(Exception exception);
}
