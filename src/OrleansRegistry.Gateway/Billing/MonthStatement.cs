using System.Collections.Immutable;
using OrleansRegistry.Billing;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The statement of a month, read part by part: as it was closed, from its row, or as it stood at an instant, added
/// up for each part. So what a node
/// holds to answer is a part, however large the workspace.
/// </summary>
internal abstract class MonthStatement
{
    private MonthStatement()
    {
    }

    /// <summary>Whether the month is closed.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>The statement as it was closed, or as it stands.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="month">The month.</param>
    /// <param name="now">Until when intervals count that still run.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="grains">The grains, for the rates.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<MonthStatement> Find(
        string workspace,
        BillingMonth month,
        DateTimeOffset now,
        IBillingCatalog catalog,
        IGrainFactory grains,
        CancellationToken cancellationToken) =>
        await catalog.FindStatement(workspace, month, cancellationToken) is { } closed
            ? new ClosedMonthStatement(workspace, month, closed, catalog)
            : new OpenMonthStatement(
                workspace, month, now, await grains.GetGrain<IRatesGrain>(GrainKeys.Rates(workspace)).Get(), catalog);

    /// <summary>Some lines, with what the whole statement comes to, and whether there are more behind them.</summary>
    public abstract Task<(StatementView Statement, ImmutableArray<StatementLine> Lines, bool HasMore)> Read(
        int skip, int take, CancellationToken cancellationToken);

    private sealed class ClosedMonthStatement(
        string workspace, BillingMonth month, StatementView statement, IBillingCatalog catalog) : MonthStatement
    {
        public override bool IsClosed => true;

        public override async Task<(StatementView Statement, ImmutableArray<StatementLine> Lines, bool HasMore)> Read(
            int skip, int take, CancellationToken cancellationToken)
        {
            var lines = await catalog.ListStatementLines(workspace, month, skip, take + 1, cancellationToken);
            return lines.Length > take ? (statement, lines[..take], true) : (statement, lines, false);
        }
    }

    private sealed class OpenMonthStatement(
        string workspace, BillingMonth month, DateTimeOffset now, RatesView rates, IBillingCatalog catalog) : MonthStatement
    {
        private readonly RateTable _table = new(rates.Rates);

        public override bool IsClosed => false;

        public override async Task<(StatementView Statement, ImmutableArray<StatementLine> Lines, bool HasMore)> Read(
            int skip, int take, CancellationToken cancellationToken)
        {
            var window = StatementRules.Window(month, _table, now);
            var builder = await catalog.Fold(
                workspace,
                window,
                () => new StatementBuilder(month, window, _table, rates.Currency, skip, take),
                (statement, sum) => statement.Add(sum),
                cancellationToken);
            return builder.Build();
        }
    }
}
