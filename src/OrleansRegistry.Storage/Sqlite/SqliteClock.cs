using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Events;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>
/// Compares the node's clock with the newest instant that its models have stored (rule H6): before the silo starts, and
/// four times a second. Instants of a model never go back, so that a clock which is behind would bill nothing.
/// </summary>
internal sealed partial class SqliteClock(StoredInstants instants, TimeProvider clock, ILogger<SqliteClock> logger)
    : PeriodicWorker(Interval, clock), IHealthCheck
{
    /// <summary>More events than a node stores between two looks.</summary>
    private const long SinceLast = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private long _latest = StoredInstants.All;
    private DateTimeOffset? _reference;
    private volatile bool _isOff;

    /// <summary>Whether the clock was too far behind when it was last compared.</summary>
    public bool IsOff => _isOff;

    /// <summary>
    /// Compares once before anything that starts later. What can't be read, in a damaged file, keeps no node from
    /// starting.
    /// </summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Work(cancellationToken);
        }
        catch (RegistryUnavailableException e)
        {
            LogFailure(e);
        }

        await base.StartAsync(cancellationToken);
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        IsOff ? HealthCheckResult.Degraded("The clock is behind the newest instant that is stored: the node takes no commands.") : HealthCheckResult.Healthy());

    protected override async Task Work(CancellationToken stoppingToken)
    {
        var (newest, accepted) = await instants.Find(_latest, stoppingToken);
        _latest = SinceLast;
        if (ClockRules.Reference(newest, accepted) is { } reference && !(reference < _reference))
        {
            _reference = reference;
        }

        var behind = ClockRules.Behind(Clock.GetUtcNow(), _reference);
        var isOff = behind > ClockRules.MaxDistance;
        if (isOff == _isOff)
        {
            return;
        }

        _isOff = isOff;
        if (isOff)
        {
            LogOff(behind.TotalSeconds);
        }
        else
        {
            LogRight();
        }
    }

    [LoggerMessage(315, LogLevel.Error, "The clock is {Seconds:F1} s behind the newest instant that is stored: the node takes no commands until it has passed that. If the clock is right, stop the node and run registry accept-clock")]
    private partial void LogOff(double seconds);

    [LoggerMessage(316, LogLevel.Information, "The clock has passed the newest instant that is stored: the node takes commands")]
    private partial void LogRight();

    [LoggerMessage(317, LogLevel.Warning, "The clock could not be compared with what is stored")]
    protected override partial void LogFailure(Exception exception);
}
