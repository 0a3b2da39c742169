using System.Globalization;
using OrleansRegistry.Billing;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A statement in the columns of FOCUS 1.2 (FinOps Open Cost and Usage Specification): all mandatory ones, those that
/// say what ran, and three of our own. A row for each price of a line, so that price and quantity are one each. Pure.
/// </summary>
internal static class FocusCsv
{
    private const string Us = "OrleansRegistry";

    /// <summary>As exact as prices are.</summary>
    private const int Decimals = 9;

    private static readonly (string Name, Func<Row, string?> Value)[] Columns =
    [
        ("BilledCost", row => row.Billed),
        ("BillingAccountId", row => row.Workspace),
        ("BillingAccountName", row => row.Workspace),
        ("BillingCurrency", row => row.Statement.Currency),
        ("BillingPeriodEnd", row => Instant(row.Month.End)),
        ("BillingPeriodStart", row => Instant(row.Month.Start)),
        ("ChargeCategory", _ => "Usage"),
        ("ChargeClass", _ => null),
        ("ChargeDescription", row => $"Active time of {row.Line.ModelName} {row.Line.Version} on stage {Stage(row)}"),
        ("ChargePeriodEnd", row => Instant(row.Charge.To)),
        ("ChargePeriodStart", row => Instant(row.Charge.From)),
        ("ConsumedQuantity", row => Seconds(row)),
        ("ConsumedUnit", _ => "Seconds"),
        ("ContractedCost", row => row.Cost),
        ("EffectiveCost", row => row.Cost),
        ("InvoiceIssuerName", _ => Us),
        ("ListCost", row => row.Cost),
        ("ListUnitPrice", row => row.Charge.PricePerMinute),
        ("PricingQuantity", row => Minutes(row)),
        ("PricingUnit", _ => "Minutes"),
        ("ProviderName", _ => Us),
        ("PublisherName", _ => Us),
        ("ResourceId", row => row.Line.VersionId),
        ("ResourceName", row => $"{row.Line.ModelName} {row.Line.Version}"),
        ("ResourceType", _ => "Model version"),
        ("ServiceCategory", _ => "AI and Machine Learning"),
        ("ServiceName", _ => "Model serving"),
        ("x_InstanceType", row => row.Line.InstanceType),
        ("x_ModelId", row => row.Line.ModelId),
        ("x_Stage", Stage),
    ];

    /// <summary>The names of the columns, in order.</summary>
    public static IEnumerable<string> Names => Columns.Select(column => column.Name);

    /// <summary>The first line, with the names of the columns and its end.</summary>
    public static string Head { get; } = Line(Columns.Select(column => column.Name));

    /// <summary>Lines of a statement all of whose time has a rate, each with its end.</summary>
    public static IEnumerable<string> Of(string workspace, StatementView statement, IEnumerable<StatementLine> lines) =>
        Rows(workspace, statement, lines).Select(row => Line(Columns.Select(column => column.Value(row))));

    /// <summary>
    /// What is billed for each price of a line: the rounded sum up to it less that before it, so that the rows add up
    /// to the line's amount.
    /// </summary>
    private static IEnumerable<Row> Rows(string workspace, StatementView statement, IEnumerable<StatementLine> lines)
    {
        var digits = Currency.DigitsOf(statement.Currency);
        _ = BillingMonth.TryParse(statement.Month, out var month);
        foreach (var line in lines)
        {
            var (sum, billed) = (new Money(), 0m);
            foreach (var charge in line.Charges)
            {
                var cost = Money.Of(charge.PricePerMinute!, charge.ActiveMilliseconds);
                sum += cost;
                var upTo = decimal.Parse(sum.Round(digits), CultureInfo.InvariantCulture);
                yield return new Row(
                    workspace, statement, month, line, charge, (upTo - billed).ToString($"F{digits}", CultureInfo.InvariantCulture), cost.Round(Decimals));
                billed = upTo;
            }
        }
    }

    private static string Line(IEnumerable<string?> cells) => string.Join(',', cells.Select(cell => cell is null ? "" : Quote(Defuse(cell)))) + "\r\n";

    /// <summary>RFC 4180.</summary>
    private static string Quote(string cell) =>
        cell.AsSpan().ContainsAny("\",\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    /// <summary>
    /// A spreadsheet takes a cell that begins so for a formula; an apostrophe before it keeps it a text. No number of
    /// ours does.
    /// </summary>
    private static string Defuse(string cell) => cell is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + cell : cell;

    private static string Stage(Row row) => EnumNames<Stage>.Of(row.Line.Stage);

    private static string Seconds(Row row) => (row.Charge.ActiveMilliseconds / 1000m).ToString(CultureInfo.InvariantCulture);

    private static string Minutes(Row row) => Money.Of("1", row.Charge.ActiveMilliseconds).Round(Decimals);

    private static string Instant(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    private sealed record Row(
        string Workspace, StatementView Statement, BillingMonth Month, StatementLine Line, StatementCharge Charge, string Billed, string Cost);
}
