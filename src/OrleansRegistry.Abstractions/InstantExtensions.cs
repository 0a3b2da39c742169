using System.Globalization;

namespace OrleansRegistry;

/// <summary>Instants as rows and answers hold them.</summary>
internal static class InstantExtensions
{
    /// <summary>The present instant, in whole milliseconds.</summary>
    public static DateTimeOffset GetInstant(this TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>
    /// An instant in UTC with three digits of milliseconds: these texts compare as their instants do.
    /// </summary>
    public static string ToInstantText(this DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
