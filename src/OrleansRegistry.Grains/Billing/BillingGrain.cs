using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Billing;

/// <inheritdoc cref="IBillingGrain"/>
/// <remarks>Only a closed month has a row. While there is none it is looked for again and again: another silo may have closed the month.</remarks>
internal sealed class BillingGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IGrainFactory grains,
    IBillingCatalog catalog,
    TimeProvider clock,
    ILogger<BillingGrain> logger)
    : IGrainBase, IBillingGrain, IPerhapsUnknown
{
    private readonly StateRow<StatementView> _row = new(storage, StorageNames.Billing, context.GrainId);
    private readonly (string Workspace, string Month) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);

    public IGrainContext GrainContext => context;

    /// <summary>A month that has not begun: there are thousands of them.</summary>
    public bool IsUnknown => _row.Value is null && Month.Start > clock.GetUtcNow();

    private BillingMonth Month => BillingMonth.TryParse(_key.Month, out var month) ? month : throw new FormatException($"'{_key.Month}' is no month.");

    public async Task<StatementView> Get() => await FindClosed() ?? await Compute();

    public async Task<Outcome<StatementView>> Close(CloseMonthCommand command)
    {
        if (await FindClosed() is { } closed)
        {
            return closed;
        }

        if (StatementRules.TooEarly(Month, clock.GetUtcNow()) is { } early)
        {
            return early;
        }

        var statement = await Compute();
        if (StatementRules.Unrated(statement) is { } unrated)
        {
            return unrated;
        }

        var now = clock.GetInstant();
        if (command.Context.Deadline - now < CommandContext.StatementTimeout)
        {
            return StoreErrors.Unavailable();
        }

        closed = statement with { Closed = true, ClosedAt = now, ClosedBy = command.Context.Actor };
        return command.Context.DryRun ? closed : await Store(closed);
    }

    private async Task<Outcome<StatementView>> Store(StatementView closed)
    {
        try
        {
            await _row.Write(closed, closed);
            logger.LogCommand(context.GrainId.Key, $"closed with {closed.TotalAmount} {closed.Currency}", closed.ClosedBy!);
            return closed;
        }
        catch (RegistryUnavailableException)
        {
            // Another silo closed it, or the write's answer was lost: either way the row is the statement.
            return await FindClosed() is { } stored ? stored : StoreErrors.Unavailable();
        }
    }

    private async Task<StatementView?> FindClosed()
    {
        if (_row.Value is null)
        {
            await _row.Read();
        }

        return _row.Value;
    }

    private async Task<StatementView> Compute()
    {
        var rates = await grains.GetGrain<IRatesGrain>(GrainKeys.Rates(_key.Workspace)).Get();
        var table = new RateTable(rates.Rates);
        var window = StatementRules.Window(Month, table, clock.GetInstant());
        return StatementRules.Compute(
            Month, window, await catalog.Sum(_key.Workspace, window, CancellationToken.None), table, rates.Currency);
    }
}
