namespace OrleansRegistry.Access;

/// <summary>
/// The answers of a grain by which gateways let somebody in for a second, each on its own clock from before it asked.
/// What ends them waits until the last one has lapsed here too.
/// </summary>
/// <param name="clock">The clock.</param>
internal sealed class IdentityLeases(TimeProvider clock)
{
    // An activation before this one may have given a lease just now.
    private long _givenAt = clock.GetTimestamp();

    /// <summary>Notes that a lease is given.</summary>
    /// <param name="end">From when on nobody may be let in, or null.</param>
    /// <returns>For how long it holds.</returns>
    public TimeSpan Give(DateTimeOffset? end)
    {
        _givenAt = clock.GetTimestamp();
        return end - clock.GetUtcNow() is { } left && left < ApiKeyIdentity.MaxLeaseDuration ? left : ApiKeyIdentity.MaxLeaseDuration;
    }

    /// <summary>Waits until no lease holds any more. None is given any more when this begins.</summary>
    public async Task Lapse()
    {
        while (ApiKeyIdentity.MaxLeaseDuration - clock.GetElapsedTime(_givenAt) is { Ticks: > 0 } left)
        {
            await Task.Delay(left + TimeSpan.FromMilliseconds(1), clock);
        }
    }
}
