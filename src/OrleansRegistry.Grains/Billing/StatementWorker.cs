using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansRegistry.Billing;

/// <summary>
/// Closes months by themselves, some hours after their end, in workspaces that have rates. What is to be closed is
/// found in the rows; closing twice makes one statement, so that every silo may have such a service.
/// </summary>
internal sealed partial class StatementWorker(
    IBillingCatalog catalog, IGrainFactory grains, IOptions<BillingOptions> options, TimeProvider clock, ILogger<StatementWorker> logger)
    : PeriodicWorker(PollInterval, clock)
{
    private const string Actor = "system";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMinutes(10);

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

    protected override Task Work(CancellationToken stoppingToken) =>
        options.Value.CloseAfterHours == 0 ? Task.CompletedTask : CloseAll(stoppingToken);

    private IEnumerable<BillingMonth> Due(DateTimeOffset first)
    {
        var grace = TimeSpan.FromHours(options.Value.CloseAfterHours);
        for (var month = BillingMonth.Of(first); month.End + grace <= Clock.GetUtcNow(); month = new BillingMonth(month.End))
        {
            yield return month;
        }
    }

    private async Task Close(string workspace, BillingMonth month)
    {
        WorkspaceScope.Enter(workspace);
        var outcome = await grains.GetGrain<IBillingGrain>(GrainKeys.Billing(workspace, month)).Close(new CloseMonthCommand
        {
            Context = CommandContext.For(Actor, Role.Operator, Clock.GetUtcNow()),
        });
        if (outcome.Error is { } error)
        {
            LogNotClosed(workspace, month, error.Detail);
        }
    }

    [LoggerMessage(121, LogLevel.Warning, "Workspace {Workspace}: month {Month} can't be closed: {Reason}")]
    private partial void LogNotClosed(string workspace, BillingMonth month, string reason);

    [LoggerMessage(122, LogLevel.Warning, "Past months can't be read now")]
    protected override partial void LogFailure(Exception exception);
}
