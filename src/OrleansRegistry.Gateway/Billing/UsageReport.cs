using System.Collections.Immutable;
using System.Globalization;
using OrleansRegistry.Billing;

namespace OrleansRegistry.Gateway;

/// <summary>Active time of a workspace within a window.</summary>
internal sealed record UsageAnswer
{
    /// <summary>Time before it doesn't count.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Time from it on doesn't count.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Until when intervals count that still run.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>The currency, by its ISO 4217 code.</summary>
    public required string Currency { get; init; }

    /// <summary>The time by what was asked for, page by page; the totals are those of all pages.</summary>
    public required ImmutableArray<UsageItem> Items { get; init; }

    /// <summary>Leads to the next page; null on the last one.</summary>
    public required string? NextPageToken { get; init; }

    /// <summary>The active time of all items, in seconds, exact to the millisecond.</summary>
    public required decimal TotalSeconds { get; init; }

    /// <summary>Its cost; null when some of it has no rate.</summary>
    public required string? TotalAmount { get; init; }
}

/// <summary>Active time of one model, version, instance type or day; what it isn't about is null.</summary>
internal sealed record UsageItem
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

    /// <summary>
    /// Its cost, with nine decimals: money is rounded on statements only. Null when some of it has no rate.
    /// </summary>
    public string? Amount { get; init; }
}

/// <summary>
/// Groups and prices sums of active time as they come, by model and version. It keeps the totals and the items of one
/// page, so that its size is not that of the workspace.
/// </summary>
/// <param name="window">The time that the sums are of.</param>
/// <param name="groupBy">By what.</param>
/// <param name="rates">The rates.</param>
/// <param name="skip">How many items the pages before had.</param>
/// <param name="take">How many items the page has at most.</param>
internal sealed class UsageReport(UsageWindow window, string groupBy, RateTable rates, int skip, int take)
{
    public const string ByModel = "model";
    public const string ByVersion = "version";
    public const string ByInstanceType = "instance_type";
    public const string ByDay = "day";

    /// <summary>As exact as prices are.</summary>
    private const int Decimals = 9;

    // Instance types and days come with every version; models and versions one after the other.
    private readonly SortedDictionary<string, Priced> _few = new(StringComparer.Ordinal);
    private readonly List<Priced> _page = [];
    private readonly Priced _total = new(new UsageItem());
    private Priced? _last;
    private int _count;

    /// <summary>Whether there is a page behind this one.</summary>
    public bool HasMore => _count + _few.Count > skip + take;

    /// <summary>The window to add up: cut where rates change, and at midnights when days are asked for.</summary>
    public static UsageWindow Window(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now, string groupBy, RateTable rates) => new()
    {
        From = from,
        To = to,
        Now = now,
        Cuts = [.. rates.Changes(from, to).Concat(groupBy == ByDay ? Midnights(from, to) : []).Distinct().Order()],
    };

    /// <summary>Adds a sum; those of a version come together, and those of a model.</summary>
    public void Add(UsageSum sum)
    {
        var cost = rates.Find(sum.Stage, sum.InstanceType, window.StartOf(sum.Part)) is { } rate ? Money.Of(rate.PricePerMinute, sum.Milliseconds) : (Money?)null;
        _total.Add(sum.Milliseconds, cost);
        GroupOf(sum).Add(sum.Milliseconds, cost);
    }

    /// <summary>The page.</summary>
    /// <param name="to">Until when the caller wants to know it.</param>
    /// <param name="currency">The currency of the rates.</param>
    /// <param name="nextPageToken">Leads to the next page, or null.</param>
    public UsageAnswer ToAnswer(DateTimeOffset to, string currency, string? nextPageToken) => new()
    {
        From = window.From,
        To = to,
        AsOf = window.Now,
        Currency = currency,
        Items = [.. (_few.Count > 0 ? _few.Values.Skip(skip).Take(take) : _page).Select(priced => priced.ToItem())],
        NextPageToken = nextPageToken,
        TotalSeconds = _total.ToItem().ActiveSeconds,
        TotalAmount = _total.ToItem().Amount,
    };

    private Priced GroupOf(UsageSum sum)
    {
        if (groupBy == ByInstanceType)
        {
            // No instance type has an empty name.
            return Few(sum.InstanceType ?? "", new UsageItem { InstanceType = sum.InstanceType });
        }

        if (groupBy == ByDay)
        {
            var day = window.StartOf(sum.Part).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            return Few(day, new UsageItem { Day = day });
        }

        var item = new UsageItem { ModelId = sum.Id.ModelId, ModelName = sum.ModelName };
        if (groupBy == ByVersion)
        {
            item = item with { VersionId = sum.Id.ToString(), Version = sum.Version, InstanceType = sum.InstanceType };
        }

        if (_last?.Item == item)
        {
            return _last;
        }

        _last = new Priced(item);
        if (_count >= skip && _count < skip + take)
        {
            _page.Add(_last);
        }

        _count++;
        return _last;
    }

    private Priced Few(string key, UsageItem item)
    {
        if (!_few.TryGetValue(key, out var group))
        {
            _few[key] = group = new Priced(item);
        }

        return group;
    }

    private static IEnumerable<DateTimeOffset> Midnights(DateTimeOffset from, DateTimeOffset to)
    {
        for (var midnight = new DateTimeOffset(from.UtcDateTime.Date.AddDays(1), TimeSpan.Zero); midnight < to; midnight = midnight.AddDays(1))
        {
            yield return midnight;
        }
    }

    /// <summary>Active time, and what it costs so far.</summary>
    private sealed class Priced(UsageItem item)
    {
        private long _milliseconds;
        private Money _cost;
        private bool _isUnrated;

        public UsageItem Item => item;

        public void Add(long milliseconds, Money? cost)
        {
            _milliseconds += milliseconds;
            _cost += cost ?? new Money();
            _isUnrated |= cost is null;
        }

        public UsageItem ToItem() => item with { ActiveSeconds = _milliseconds / 1000m, Amount = _isUnrated ? null : _cost.Round(Decimals) };
    }
}
