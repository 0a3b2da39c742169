using System.Collections.Immutable;

namespace OrleansRegistry.Billing;

/// <summary>How a statement comes from active time and rates (rules B1 and B5). Pure functions.</summary>
internal static class StatementRules
{
    /// <summary>What of a month's active time to add up: all of it, up to now, cut where rates change.</summary>
    public static UsageWindow Window(BillingMonth month, RateTable rates, DateTimeOffset now) => new()
    {
        From = month.Start,
        To = month.End,
        Now = now,
        Cuts = [.. rates.Changes(month.Start, month.End)],
    };

    /// <summary>The statement of a month that is not closed.</summary>
    /// <param name="month">The month.</param>
    /// <param name="window">What was added up.</param>
    /// <param name="usage">The sums.</param>
    /// <param name="rates">The rates.</param>
    /// <param name="currency">The currency of the rates.</param>
    public static StatementView Compute(BillingMonth month, UsageWindow window, IEnumerable<UsageSum> usage, RateTable rates, string currency)
    {
        var digits = Currency.DigitsOf(currency);
        StatementLine[] lines = [.. usage.GroupBy(sum => (sum.Id, sum.Stage, sum.InstanceType)).Select(sums => Line([.. sums], window, rates, digits))];
        return new StatementView
        {
            Month = month.ToString(),
            Closed = false,
            AsOf = window.Now < month.Start ? month.Start : window.Now < month.End ? window.Now : month.End,
            Currency = currency,
            Lines = [.. lines],
            TotalMilliseconds = lines.Sum(line => line.ActiveMilliseconds),
            TotalAmount = lines.All(line => line.Amount is not null) ? Total(lines, digits) : null,
        };
    }

    /// <summary>Why a month can't be closed now, or null.</summary>
    public static RegistryError? TooEarly(BillingMonth month, DateTimeOffset now) => now >= month.End + BillingMonth.Grace
        ? null
        : new RegistryError(ErrorCode.MonthOpen, $"{month} can be closed from {month.End + BillingMonth.Grace:yyyy-MM-dd'T'HH:mm:ss'Z'} on.");

    /// <summary>Why a statement can't be final, or null: what was used and has no rate.</summary>
    public static RegistryError? Unrated(StatementView statement)
    {
        string[] unrated =
        [
            .. statement.Lines.Where(line => line.Amount is null)
                .Select(line => $"{line.InstanceType ?? "(no instance type)"} on stage {Text(line.Stage)}")
                .Distinct(),
        ];
        return unrated.Length == 0
            ? null
            : new RegistryError(
                ErrorCode.Unrated, $"There is no rate for some or all of the active time of {string.Join(", ", unrated)}; put rates that hold from its beginning.");
    }

    private static string Text(Stage stage) => stage switch { Stage.Draft => "draft", Stage.Published => "published" };

    private static StatementLine Line(IReadOnlyList<UsageSum> sums, UsageWindow window, RateTable rates, int digits)
    {
        var first = sums[0];
        var charges = Charges(sums, window, rates).ToImmutableArray();
        return new StatementLine
        {
            ModelId = first.Id.ModelId,
            ModelName = first.ModelName,
            VersionId = first.Id.ToString(),
            Version = first.Version,
            Stage = first.Stage,
            InstanceType = first.InstanceType,
            ActiveMilliseconds = sums.Sum(sum => sum.Milliseconds),
            Amount = charges.All(charge => charge.PricePerMinute is not null)
                ? charges.Aggregate(new Money(), (sum, charge) => sum + Money.Of(charge.PricePerMinute!, charge.ActiveMilliseconds)).Round(digits)
                : null,
            Charges = charges,
        };
    }

    /// <summary>The time by price. A rate of another instance type may cut the window too; parts of one price come together again.</summary>
    private static IEnumerable<StatementCharge> Charges(IReadOnlyList<UsageSum> sums, UsageWindow window, RateTable rates)
    {
        StatementCharge? open = null;
        for (var part = 0; part <= window.Cuts.Length; part++)
        {
            var price = rates.Find(sums[0].Stage, sums[0].InstanceType, window.StartOf(part))?.PricePerMinute;
            var milliseconds = sums.FirstOrDefault(sum => sum.Part == part)?.Milliseconds ?? 0;
            if (open is not null && open.PricePerMinute == price)
            {
                open = open with { To = window.EndOf(part), ActiveMilliseconds = open.ActiveMilliseconds + milliseconds };
                continue;
            }

            if (open is { ActiveMilliseconds: > 0 })
            {
                yield return open;
            }

            open = new StatementCharge { From = window.StartOf(part), To = window.EndOf(part), PricePerMinute = price, ActiveMilliseconds = milliseconds };
        }

        if (open is { ActiveMilliseconds: > 0 })
        {
            yield return open;
        }
    }

    /// <summary>The sum of amounts that are rounded already: exact in decimals.</summary>
    private static string Total(IEnumerable<StatementLine> lines, int digits) => lines
        .Sum(line => decimal.Parse(line.Amount!, System.Globalization.CultureInfo.InvariantCulture))
        .ToString($"F{digits}", System.Globalization.CultureInfo.InvariantCulture);
}
