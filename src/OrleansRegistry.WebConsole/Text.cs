using System.Globalization;
using System.Text.Json;

namespace OrleansRegistry.WebConsole;

/// <summary>The words of states, instants and counts on pages.</summary>
internal static class Text
{
    /// <summary>The word of a value.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The state of a version in a shape, a word and the class of its colour.</summary>
    public static (string Shape, string Word, string Class) Mark(VersionView version) => version switch
    {
        { State: VersionState.Deleted } => ("–", "deleted", "gone"),
        { State: VersionState.Inactive } => ("○", "inactive", "inactive"),
        { Serving.Status: ServingStatus.Failed } => ("✕", version.IsPrimary ? "primary, failed" : "failed", "failed"),
        { Serving.Status: ServingStatus.Starting or ServingStatus.Restarting } =>
            ("◐", version.IsPrimary ? "primary, starting" : "starting", "starting"),
        { Serving.Health: VersionHealth.Unhealthy } => ("!", version.IsPrimary ? "primary, unhealthy" : "unhealthy", "failed"),
        { IsPrimary: true } => ("★", "primary", "primary"),
        { State: VersionState.Draft } => ("◌", "draft", "draft"),
        _ => ("●", "published", "published"),
    };

    /// <summary>The state of a server in a shape, a word and the class of its colour.</summary>
    public static (string Shape, string Word, string Class) Mark(ServerStatus? state) => state is not { } known ? ("○", "not asked", "inactive") : known switch
    {
        ServerStatus.Starting => ("◐", "starting", "starting"),
        ServerStatus.Up => ("●", "up", "published"),
        ServerStatus.Down => ("✕", "down", "failed"),
    };

    /// <summary>An instant for people, in UTC.</summary>
    public static string Shown(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>The time of an instant for people, in UTC.</summary>
    public static string ShownTime(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of things, with the right form of the word.</summary>
    public static string Count(long number, string one, string many) => $"{Count(number)} {(number == 1 ? one : many)}";

    /// <summary>A time in minutes, which is what prices are for.</summary>
    public static string Minutes(long milliseconds) =>
        (milliseconds / 60_000m).ToString("N2", CultureInfo.InvariantCulture) + " min";

    /// <summary>The sum of amounts, with as many digits behind the point as they have.</summary>
    public static string Sum(IEnumerable<string> amounts) =>
        amounts.Sum(amount => decimal.Parse(amount, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture);

    /// <summary>A number of milliseconds for people.</summary>
    public static string Milliseconds(double? milliseconds) => milliseconds switch
    {
        null => "–",
        < 10 => milliseconds.Value.ToString("0.#", CultureInfo.InvariantCulture) + " ms",
        < 1_000 => milliseconds.Value.ToString("0", CultureInfo.InvariantCulture) + " ms",
        _ => (milliseconds.Value / 1_000).ToString("0.##", CultureInfo.InvariantCulture) + " s",
    };
}
