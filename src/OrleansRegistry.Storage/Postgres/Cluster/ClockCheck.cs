using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Events;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// Whether this node's clock goes with the database's. What a silo stores carries instants of its own clock, and a
/// model may come from one silo to another at any time: a silo whose clock is off takes no commands. It resolves on.
/// </summary>
internal sealed partial class ClockCheck(ILogger<ClockCheck> logger) : IHealthCheck
{
    private volatile bool _isOff;

    /// <summary>Whether the clock was too far from the database's when they were last compared.</summary>
    public bool IsOff => _isOff;

    /// <summary>Compares the clocks: what the database's said between two instants of ours.</summary>
    public void Compare(DateTimeOffset asked, DateTimeOffset database, DateTimeOffset answered)
    {
        var distance = Distance(asked, database, answered);
        var isOff = distance.Duration() > ClockRules.MaxDistance;
        if (isOff == _isOff)
        {
            return;
        }

        _isOff = isOff;
        if (isOff)
        {
            LogOff(distance.TotalSeconds);
        }
        else
        {
            LogRight();
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(IsOff ? HealthCheckResult.Degraded("The clock is too far from the database's: the silo takes no commands.") : HealthCheckResult.Healthy());

    /// <summary>
    /// How far our clock is ahead at least, or behind; that the question took its time is no difference.
    /// </summary>
    private static TimeSpan Distance(DateTimeOffset asked, DateTimeOffset database, DateTimeOffset answered) =>
        database < asked ? asked - database
        : database > answered ? answered - database
        : TimeSpan.Zero;

    [LoggerMessage(311, LogLevel.Error, "This silo's clock is {Seconds:F1} s ahead of the database's: it takes no commands until they agree")]
    private partial void LogOff(double seconds);

    [LoggerMessage(312, LogLevel.Information, "This silo's clock agrees with the database's again: it takes commands")]
    private partial void LogRight();
}
