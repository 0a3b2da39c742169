using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.Models;
using OrleansRegistry.Processes;
using OrleansRegistry.State;

namespace OrleansRegistry.Billing;

/// <inheritdoc cref="IBillingGrain"/>
/// <remarks>
/// Only a closed month has a row, which is written once. Its lines are stored before it, page by page, and count
/// because it names them: a closing that
/// does not come to its row has done nothing.
/// </remarks>
internal sealed class BillingGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IGrainFactory grains,
    IBillingCatalog catalog,
    IRegistryCatalog versions,
    INodeProcesses processes,
    TimeProvider clock,
    ILogger<BillingGrain> logger)
    : IGrainBase, IBillingGrain, IPerhapsUnknown
{
    private const int PageSize = 1000;

    private readonly CommandRow<StatementState> _row = new(storage, StorageNames.Billing, context, clock, logger);
    private readonly (string Workspace, string Month) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);

    public IGrainContext GrainContext => context;

    /// <summary>A month that has not begun: there are thousands of them.</summary>
    public bool IsUnknown => _row.Value is null && Month.Start > clock.GetUtcNow();

    private BillingMonth Month => BillingMonth.TryParse(_key.Month, out var month)
        ? month
        : throw new FormatException($"'{_key.Month}' is no month.");

    public async Task<Outcome<StatementView>> Close(CloseMonthCommand command)
    {
        // While there is no row it is looked for again and again: another silo may have closed the month.
        if (await _row.Read(again: _row.Value is null) is { } present)
        {
            return present.Statement;
        }

        if (StatementRules.TooEarly(Month, clock.GetUtcNow()) is { } early)
        {
            return early;
        }

        if (await Settle(command.Context.DryRun) is { } unsettled)
        {
            return unsettled;
        }

        var rates = await grains.GetGrain<IRatesGrain>(GrainKeys.Rates(_key.Workspace)).Get();
        var table = new RateTable(rates.Rates);
        var window = StatementRules.Window(Month, table, clock.GetInstant());
        var take = command.Context.DryRun ? 0 : int.MaxValue;
        var builder = await catalog.Fold(
            _key.Workspace,
            window,
            () => new StatementBuilder(Month, window, table, rates.Currency, skip: 0, take),
            (statement, sum) => statement.Add(sum),
            CancellationToken.None);
        var (statement, lines, _) = builder.Build();
        if (builder.Unrated() is { } unrated)
        {
            return unrated;
        }

        var closed = statement with
        {
            Closed = true,
            ClosedAt = clock.GetInstant(),
            ClosedBy = command.Context.Actor,
            ClosedByName = command.Context.ActorName,
        };
        return command.Context.DryRun ? closed : await Store(command.Context, closed, lines);
    }

    /// <summary>
    /// Has models store until when versions ran whose processes were lost with their node (rule X13), as it may lie in the
    /// month; or says that it isn't stored yet. A dry run stores nothing.
    /// </summary>
    private async Task<RegistryError?> Settle(bool isDryRun)
    {
        var lost = await ListLost();
        if (lost is not [] && !isDryRun)
        {
            foreach (var modelId in lost.Select(version => version.ModelId).Distinct())
            {
                var model = grains.GetGrain<IModelServing>(GrainKeys.Model(_key.Workspace, modelId));
                // The second one comes behind the command that the first has found.
                await model.Touch();
                await model.Touch();
            }

            lost = await ListLost();
        }

        return lost is [var left, ..]
            ? new RegistryError(
                ErrorCode.MonthOpen,
                $"{Month} can't be closed yet: it is not stored yet until when version {left} ran. Closing stores it: try again.")
            : null;
    }

    /// <summary>Versions that are billed, whose processes are none of this node's: they were lost with it.</summary>
    private async Task<VersionId[]> ListLost() =>
    [
        .. (await versions.ListManaged(CancellationToken.None))
            .Where(run => run.IsReady && run.Workspace == _key.Workspace && processes.Find(run.Workspace, run.Version, run.Start) is null)
            .Select(run => run.Version),
    ];

    /// <summary>
    /// Stores the lines, and then the row. Answers the statement that is stored then, be it another silo's.
    /// </summary>
    private async Task<Outcome<StatementView>> Store(
        CommandContext command, StatementView closed, ImmutableArray<StatementLine> lines)
    {
        try
        {
            for (var place = 0; place < lines.Length; place += PageSize)
            {
                var page = lines[place..Math.Min(place + PageSize, lines.Length)];
                await catalog.StoreStatementLines(
                    _key.Workspace, Month, command.CommandId, place, page, CancellationToken.None);
            }
        }
        catch (RegistryUnavailableException)
        {
            return StoreErrors.Unavailable();
        }

        await _row.Change(
            command,
            row => row ?? new StatementState { Statement = closed },
            next => [BillingEvents.MonthClosed(next.Statement).By(command, closed.ClosedAt!.Value)]);
        if (_row.Value is not { } stored)
        {
            return StoreErrors.Unavailable();
        }

        try
        {
            await catalog.RemoveOtherStatementLines(_key.Workspace, Month, stored.LastCommand, CancellationToken.None);
        }
        catch (RegistryUnavailableException)
        {
            // They count for nothing.
        }

        return stored.Statement;
    }
}
