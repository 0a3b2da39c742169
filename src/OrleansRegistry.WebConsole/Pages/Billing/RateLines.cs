using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansRegistry.WebConsole.Pages.Billing;

/// <summary>
/// Rates as people write them, one a line: stage, instant, price, and the instance type, which may be left out. What is
/// wrong with a line the HTTP interface says.
/// </summary>
internal static partial class RateLines
{
    private const int MaxShown = 50;
    private const string Error = "rates";

    /// <summary>Rates as lines.</summary>
    public static string Of(IEnumerable<Rate> rates) => string.Join('\n', rates.Select(rate =>
        $"{Text.Of(rate.Stage)} {Instant(rate.EffectiveFrom)} {rate.PricePerMinute} {rate.InstanceType}".TrimEnd()));

    /// <summary>Lines as the HTTP interface takes them.</summary>
    public static JsonArray Parse(IEnumerable<string> lines) => [.. lines.Select(Parse)];

    /// <summary>What puts other rates in the place of those that are there, a sentence each; none for nothing.</summary>
    public static IReadOnlyList<string> Changes(RatesView before, RatesView after)
    {
        var (old, next) = (Prices(before), Prices(after));
        List<string> changes =
        [
            .. before.Currency == after.Currency || before.Rates.IsEmpty ? (string[])[] : [$"The currency becomes {after.Currency}; it is {before.Currency}."],
            .. next.Where(rate => !old.ContainsKey(rate.Key)).Select(rate => $"New: {Words(rate.Key)} costs {rate.Value} {after.Currency} a minute."),
            .. next.Where(rate => old.TryGetValue(rate.Key, out var price) && price != rate.Value)
                .Select(rate => $"Changed: {Words(rate.Key)} costs {rate.Value} {after.Currency} a minute instead of {old[rate.Key]}."),
            .. old.Where(rate => !next.ContainsKey(rate.Key)).Select(rate => $"Gone: {Words(rate.Key)}."),
        ];
        return changes.Count <= MaxShown ? changes : [.. changes.Take(MaxShown), $"And {Text.Count(changes.Count - MaxShown)} more."];
    }

    /// <summary>What is wrong, by the line that it is wrong with.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors(IReadOnlyDictionary<string, IReadOnlyList<string>>? errors) =>
        errors?.GroupBy(error => Place().IsMatch(error.Key) ? Error : error.Key, StringComparer.Ordinal).ToDictionary(
            group => group.Key,
            group => (IReadOnlyList<string>)[.. group.SelectMany(error => error.Value.Select(what => Place().Match(error.Key) is { Success: true } place
                ? string.Create(CultureInfo.InvariantCulture, $"line {int.Parse(place.Groups[1].Value, CultureInfo.InvariantCulture) + 1}: {place.Groups[2].Value} {what}")
                : what))],
            StringComparer.Ordinal);

    private static JsonNode Parse(string line)
    {
        var parts = line.Split((char[]?)null, 4, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new JsonObject()
            .With("stage", parts.ElementAtOrDefault(0))
            .With("effective_from", parts.ElementAtOrDefault(1))
            .With("price_per_minute", parts.ElementAtOrDefault(2))
            .With("instance_type", parts.ElementAtOrDefault(3));
    }

    private static Dictionary<(string? Type, Stage Stage, DateTimeOffset From), string> Prices(RatesView rates) =>
        rates.Rates.ToDictionary(rate => (rate.InstanceType, rate.Stage, rate.EffectiveFrom), rate => rate.PricePerMinute);

    private static string Words((string? Type, Stage Stage, DateTimeOffset From) rate) =>
        $"{rate.Type ?? "no instance type"}, {Text.Of(rate.Stage)}, from {Instant(rate.From)}";

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.TimeOfDay == TimeSpan.Zero
        ? at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
        : at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^rates\[(\d{1,6})\]\.?(.*)$")]
    private static partial Regex Place();
}
