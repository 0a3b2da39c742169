using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Billing;

/// <inheritdoc cref="IBillingGrain"/>
/// <remarks>Only a closed month has a row, which is written once. It holds all lines, and stays in no memory.</remarks>
internal sealed class BillingGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IGrainFactory grains,
    IBillingCatalog catalog,
    TimeProvider clock,
    ILogger<BillingGrain> logger)
    : IGrainBase, IBillingGrain, IPerhapsUnknown
{
    private readonly (string Workspace, string Month) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);

    public IGrainContext GrainContext => context;

    /// <summary>A month that has not begun: there are thousands of them.</summary>
    public bool IsUnknown => Month.Start > clock.GetUtcNow();

    private BillingMonth Month => BillingMonth.TryParse(_key.Month, out var month) ? month : throw new FormatException($"'{_key.Month}' is no month.");

    public async Task<Outcome<StatementView>> Close(CloseMonthCommand command)
    {
        if (await FindClosed() is { } present)
        {
            return present;
        }

        if (StatementRules.TooEarly(Month, clock.GetUtcNow()) is { } early)
        {
            return early;
        }

        var rates = await grains.GetGrain<IRatesGrain>(GrainKeys.Rates(_key.Workspace)).Get();
        var table = new RateTable(rates.Rates);
        var window = StatementRules.Window(Month, table, clock.GetInstant());
        var builder = await catalog.Fold(
            _key.Workspace,
            window,
            () => new StatementBuilder(Month, window, table, rates.Currency, skip: 0, take: command.Context.DryRun ? 0 : int.MaxValue),
            (statement, sum) => statement.Add(sum),
            CancellationToken.None);
        var (statement, lines, _) = builder.Build();
        if (builder.Unrated() is { } unrated)
        {
            return unrated;
        }

        var now = clock.GetInstant();
        if (command.Context.Deadline - now < CommandContext.StatementTimeout)
        {
            return StoreErrors.Unavailable();
        }

        var closed = statement with { Closed = true, ClosedAt = now, ClosedBy = command.Context.Actor };
        return command.Context.DryRun ? closed : await Store(closed, lines);
    }

    /// <summary>Stores the statement, unless there is one.</summary>
    internal async Task<Outcome<StatementView>> Store(StatementView closed, ImmutableArray<StatementLine> lines)
    {
        try
        {
            var written = StatementState.Of(closed, lines);
            await new StateRow<StatementState>(storage, StorageNames.Billing, context.GrainId).Write(written, written);
            logger.LogCommand(context.GrainId.Key, $"closed with {closed.TotalAmount} {closed.Currency}", closed.ClosedBy!);
            return closed;
        }
        catch (RegistryUnavailableException)
        {
            // Another silo closed it, or the write's answer was lost: either way the row is the statement.
            return await FindClosed() is { } stored ? stored : StoreErrors.Unavailable();
        }
    }

    private Task<StatementView?> FindClosed() => catalog.FindStatement(_key.Workspace, Month, CancellationToken.None);
}
