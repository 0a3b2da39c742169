namespace OrleansRegistry.Gateway;

/// <summary>Fetches the issuer's keys every five minutes, so that a withdrawn key ends.</summary>
internal sealed class IssuerKeysWorker(IssuerKeys keys, TimeProvider clock) : PeriodicWorker(RefreshInterval, clock)
{
    /// <summary>How often the keys are fetched without a reason.</summary>
    public static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(5);

    protected override Task Work(CancellationToken stoppingToken) => keys.Fetch().WaitAsync(stoppingToken);

    // The keys have logged it.
    protected override void LogFailure(Exception exception)
    {
    }
}
