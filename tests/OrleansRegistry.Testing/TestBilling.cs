using System.Collections.Immutable;
using OrleansRegistry.Billing;

namespace OrleansRegistry.Testing;

/// <summary>Sums and statements as a whole, which the product only reads part by part.</summary>
internal static class TestBilling
{
    /// <summary>
    /// All sums of a workspace within a window, those of one version, stage, instance type and part added up.
    /// </summary>
    public static async Task<ImmutableArray<UsageSum>> Sum(
        this IBillingCatalog catalog, string workspace, UsageWindow window, CancellationToken cancellationToken)
    {
        var sums = await catalog.Fold(workspace, window, () => new List<UsageSum>(), (found, sum) => found.Add(sum), cancellationToken);
        return
        [
            .. sums.GroupBy(sum => (sum.Id, sum.Stage, sum.InstanceType, sum.Part))
                .Select(same => same.First() with { Milliseconds = same.Sum(sum => sum.Milliseconds) })
                .OrderBy(sum => sum.Id.ToString(), StringComparer.Ordinal)
                .ThenBy(sum => sum.Stage)
                .ThenBy(sum => sum.InstanceType, StringComparer.Ordinal)
                .ThenBy(sum => sum.Part),
        ];
    }

    /// <summary>
    /// The statement of a month in the default workspace, with all its lines: as it was closed, or as it stands now.
    /// </summary>
    public static async Task<WholeStatement> ReadStatement(this TestSilo silo, BillingMonth month)
    {
        if (await silo.Billing.FindStatement(GrainKeys.DefaultWorkspace, month, default) is { } closed)
        {
            return WholeStatement.Of(closed, await silo.Billing.ListStatementLines(GrainKeys.DefaultWorkspace, month, 0, int.MaxValue, default));
        }

        var rates = await silo.Rates().Get();
        var table = new RateTable(rates.Rates);
        var window = StatementRules.Window(month, table, silo.Clock.GetInstant());
        var builder = await silo.Billing.Fold(
            GrainKeys.DefaultWorkspace,
            window,
            () => new StatementBuilder(month, window, table, rates.Currency, skip: 0, take: int.MaxValue),
            (statement, sum) => statement.Add(sum),
            default);
        var (statement, lines, _) = builder.Build();
        return WholeStatement.Of(statement, lines);
    }
}

/// <summary>A statement with all its lines.</summary>
internal sealed record WholeStatement
{
    public required StatementView Statement { get; init; }

    public required ImmutableArray<StatementLine> Lines { get; init; }

    public bool Closed => Statement.Closed;

    public static WholeStatement Of(StatementView statement, ImmutableArray<StatementLine> lines) => new() { Statement = statement, Lines = lines };
}
