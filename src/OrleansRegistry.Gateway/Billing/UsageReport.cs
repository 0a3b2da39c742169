using System.Collections.Immutable;
using System.Globalization;

namespace OrleansRegistry.Gateway;

/// <summary>Active time of a workspace within a window.</summary>
public sealed record UsageAnswer
{
    /// <summary>Time before it doesn't count.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Time from it on doesn't count.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Until when intervals count that still run.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The currency, by its ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>The time by what was asked for.</summary>
    public required ImmutableArray<UsageItem> Items { get; init; }

    /// <summary>The active time of all items, in seconds, exact to the millisecond.</summary>
    public required decimal TotalSeconds { get; init; }

    /// <summary>What it costs; null when some of it has no rate.</summary>
    public required string? TotalAmount { get; init; }
}

/// <summary>Active time of one model, version, instance type or day; what it isn't about is null.</summary>
public sealed record UsageItem
{
    /// <summary>The model's id.</summary>
    public string? ModelId { get; init; }

    /// <summary>The model's name.</summary>
    public string? ModelName { get; init; }

    /// <summary>The version's id.</summary>
    public string? VersionId { get; init; }

    /// <summary>The version's number.</summary>
    public string? Version { get; init; }

    /// <summary>The instance type; also null for versions whose deployment named none.</summary>
    public string? InstanceType { get; init; }

    /// <summary>The day in UTC, <c>2026-03-01</c>.</summary>
    public string? Day { get; init; }

    /// <summary>The active time in seconds, exact to the millisecond.</summary>
    public decimal ActiveSeconds { get; init; }

    /// <summary>What it costs, with nine decimals: money is rounded on statements only. Null when some of it has no rate.</summary>
    public string? Amount { get; init; }
}

/// <summary>Groups and prices sums of active time. Pure.</summary>
internal static class UsageReport
{
    public const string ByModel = "model";
    public const string ByVersion = "version";
    public const string ByInstanceType = "instance_type";
    public const string ByDay = "day";

    /// <summary>As exact as prices are.</summary>
    private const int Decimals = 9;

    /// <summary>What to add up: cut where rates change, and at midnights when days are asked for.</summary>
    public static UsageWindow Window(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, string groupBy, RateTable rates) => new()
    {
        From = from,
        To = to,
        Now = now,
        Cuts = [.. rates.Changes(from, to).Concat(groupBy == ByDay ? Midnights(from, to) : []).Distinct().Order()],
    };

    /// <summary>The report.</summary>
    public static UsageAnswer Of(UsageWindow window, IReadOnlyList<UsageSum> sums, string groupBy, RateTable rates, string currency) => new()
    {
        From = window.From,
        To = window.To,
        AsOf = window.Now,
        Currency = currency,
        Items =
        [
            .. Group(window, sums, groupBy).Select(group => group.Key with { ActiveSeconds = Seconds(group), Amount = Amount(group, window, rates) }),
        ],
        TotalSeconds = Seconds(sums),
        TotalAmount = Amount(sums, window, rates),
    };

    private static IEnumerable<IGrouping<UsageItem, UsageSum>> Group(UsageWindow window, IEnumerable<UsageSum> sums, string groupBy) => groupBy switch
    {
        ByVersion => sums
            .OrderBy(sum => sum.ModelName, StringComparer.Ordinal).ThenBy(sum => sum.Id.ModelId, StringComparer.Ordinal).ThenBy(sum => sum.Id.Ordinal)
            .GroupBy(sum => new UsageItem
            {
                ModelId = sum.Id.ModelId,
                ModelName = sum.ModelName,
                VersionId = sum.Id.ToString(),
                Version = sum.Version,
                InstanceType = sum.InstanceType,
            }),
        ByInstanceType => sums
            .OrderBy(sum => sum.InstanceType, StringComparer.Ordinal)
            .GroupBy(sum => new UsageItem { InstanceType = sum.InstanceType }),
        ByDay => sums
            .OrderBy(sum => sum.Part)
            .GroupBy(sum => new UsageItem { Day = window.StartOf(sum.Part).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) }),
        _ => sums
            .OrderBy(sum => sum.ModelName, StringComparer.Ordinal).ThenBy(sum => sum.Id.ModelId, StringComparer.Ordinal)
            .GroupBy(sum => new UsageItem { ModelId = sum.Id.ModelId, ModelName = sum.ModelName }),
    };

    private static IEnumerable<DateTimeOffset> Midnights(DateTimeOffset from, DateTimeOffset to)
    {
        for (var midnight = new DateTimeOffset(from.UtcDateTime.Date.AddDays(1), TimeSpan.Zero); midnight < to; midnight = midnight.AddDays(1))
        {
            yield return midnight;
        }
    }

    private static decimal Seconds(IEnumerable<UsageSum> sums) => sums.Sum(sum => sum.Milliseconds) / 1000m;

    private static string? Amount(IEnumerable<UsageSum> sums, UsageWindow window, RateTable rates)
    {
        var amount = new Money();
        foreach (var sum in sums)
        {
            if (rates.Find(sum.Stage, sum.InstanceType, window.StartOf(sum.Part)) is not { } rate)
            {
                return null;
            }

            amount += Money.Of(rate.PricePerMinute, sum.Milliseconds);
        }

        return amount.Round(Decimals);
    }
}
