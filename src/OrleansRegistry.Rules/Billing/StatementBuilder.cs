using System.Collections.Immutable;
using System.Globalization;

namespace OrleansRegistry.Billing;

/// <summary>
/// Makes a statement of active time and rates (rule B1), of sums as they come: by model and version. It keeps the
/// totals, and the lines of one page,
/// so that its size is not that of the workspace.
/// </summary>
/// <param name="month">The month.</param>
/// <param name="window">The time that was added up.</param>
/// <param name="rates">The rates.</param>
/// <param name="currency">The currency of the rates.</param>
/// <param name="skip">How many lines the pages before had.</param>
/// <param name="take">How many lines the page has at most.</param>
internal sealed class StatementBuilder(
    BillingMonth month, UsageWindow window, RateTable rates, string currency, int skip, int take)
{
    private readonly int _digits = Currency.DigitsOf(currency);
    private readonly ImmutableArray<StatementLine>.Builder _page = ImmutableArray.CreateBuilder<StatementLine>();
    private readonly List<string> _unrated = [];

    // Of one version: its lines are made once the next one comes.
    private readonly List<UsageSum> _open = [];
    private int _count;
    private long _milliseconds;
    private decimal _amount;

    /// <summary>Adds a sum; those of a version come together.</summary>
    public void Add(UsageSum sum)
    {
        if (_open.Count > 0 && _open[0].Id != sum.Id)
        {
            Close();
        }

        _open.Add(sum);
    }

    /// <summary>The statement when all sums are added, as one of a month that is not closed.</summary>
    public (StatementView Statement, ImmutableArray<StatementLine> Lines, bool HasMore) Build()
    {
        Close();
        return (
            new StatementView
            {
                Month = month.ToString(),
                Closed = false,
                AsOf = window.Now < month.Start ? month.Start : window.Now < month.End ? window.Now : month.End,
                Currency = currency,
                TotalMilliseconds = _milliseconds,
                TotalAmount = _unrated.Count == 0
                    ? _amount.ToString($"F{_digits}", CultureInfo.InvariantCulture)
                    : null,
            },
            _page.ToImmutable(),
            _count > (long)skip + take);
    }

    /// <summary>Why the statement can't be final, or null: what was used and has no rate.</summary>
    public RegistryError? Unrated() => _unrated.Count == 0
        ? null
        : new RegistryError(
            ErrorCode.Unrated,
            $"There is no rate for some or all of the active time of {string.Join(", ", _unrated)}; "
            + "put rates that hold from its beginning.");

    private void Close()
    {
        foreach (var sums in _open.GroupBy(sum => (sum.Stage, sum.InstanceType))
            .OrderBy(sums => sums.Key.Stage)
            .ThenBy(sums => sums.Key.InstanceType, StringComparer.Ordinal))
        {
            Add(Line([.. sums]));
        }

        _open.Clear();
    }

    private void Add(StatementLine line)
    {
        if (_count >= skip && _count < (long)skip + take)
        {
            _page.Add(line);
        }

        _count++;
        _milliseconds += line.ActiveMilliseconds;
        if (line.Amount is { } amount)
        {
            // Amounts are rounded already: their sum is exact in decimals.
            _amount += decimal.Parse(amount, CultureInfo.InvariantCulture);
        }
        else if ($"{line.InstanceType ?? "(no instance type)"} on stage {Text(line.Stage)}" is var what
            && !_unrated.Contains(what))
        {
            _unrated.Add(what);
        }
    }

    private StatementLine Line(IReadOnlyList<UsageSum> sums)
    {
        var first = sums[0];
        var charges = Charges(sums).ToImmutableArray();
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
                ? charges.Select(charge => Money.Of(charge.PricePerMinute!, charge.ActiveMilliseconds))
                    .Aggregate(new Money(), (sum, cost) => sum + cost)
                    .Round(_digits)
                : null,
            Charges = charges,
        };
    }

    /// <summary>
    /// The time by price. A rate of another instance type may cut the window too; parts of one price come together
    /// again.
    /// </summary>
    private IEnumerable<StatementCharge> Charges(IReadOnlyList<UsageSum> sums)
    {
        StatementCharge? open = null;
        for (var part = 0; part <= window.Cuts.Length; part++)
        {
            var price = rates.Find(sums[0].Stage, sums[0].InstanceType, window.StartOf(part))?.PricePerMinute;
            var milliseconds = sums.Where(sum => sum.Part == part).Sum(sum => sum.Milliseconds);
            if (open is not null && open.PricePerMinute == price)
            {
                milliseconds += open.ActiveMilliseconds;
                open = open with { To = window.EndOf(part), ActiveMilliseconds = milliseconds };
                continue;
            }

            if (open is { ActiveMilliseconds: > 0 })
            {
                yield return open;
            }

            open = new StatementCharge
            {
                From = window.StartOf(part),
                To = window.EndOf(part),
                PricePerMinute = price,
                ActiveMilliseconds = milliseconds,
            };
        }

        if (open is { ActiveMilliseconds: > 0 })
        {
            yield return open;
        }
    }

    private static string Text(Stage stage) => stage switch { Stage.Draft => "draft", Stage.Published => "published" };
}
