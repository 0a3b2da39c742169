namespace OrleansRegistry;

/// <summary>Instants as rows hold them.</summary>
internal static class InstantExtensions
{
    /// <summary>The present instant, in whole milliseconds.</summary>
    public static DateTimeOffset GetInstant(this TimeProvider clock) =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
