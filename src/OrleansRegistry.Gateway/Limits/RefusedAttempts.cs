using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Counts who is not let in. Attackers can't fill the log: it says how many there were, every ten seconds at most.
/// </summary>
internal sealed partial class RefusedAttempts : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Meter _meter;
    private readonly TimeProvider _clock;
    private readonly ILogger<RefusedAttempts> _logger;
    private readonly Lock _lock = new();
    private DateTimeOffset _loggedAt = DateTimeOffset.MinValue;
    private long _count;

    // From 0 on, and asked for: this is made before anybody listens to counters, and growth is seen from a first count.
    private readonly ConcurrentDictionary<string, long> _refused = new(
    [
        new(ErrorCode.Unauthenticated, 0), new(ErrorCode.Forbidden, 0), new(ErrorCode.RateLimited, 0),
    ]);

    public RefusedAttempts(IMeterFactory meters, TimeProvider clock, ILogger<RefusedAttempts> logger)
    {
        _meter = meters.Create("OrleansRegistry.Gateway");
        _meter.CreateObservableCounter(
            "orleans_registry.auth.refused",
            () => _refused.Select(counted => new Measurement<long>(counted.Value, new KeyValuePair<string, object?>("code", counted.Key))),
            "{request}",
            "Refused requests, by code.");
        (_clock, _logger) = (clock, logger);
    }

    public void Count(RegistryError error, IPAddress? from)
    {
        _refused.AddOrUpdate(error.Code, 1, static (_, counted) => counted + 1);
        long count;
        lock (_lock)
        {
            _count++;
            var now = _clock.GetUtcNow();
            if (now - _loggedAt < Interval)
            {
                return;
            }

            (count, _count, _loggedAt) = (_count, 0, now);
        }

        LogRefused(count, from, error.Code, error.Detail);
    }

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(222, LogLevel.Warning, "{Count} requests were refused since the last such line; the last one came from {Address}: {Code}, {Why}")]
    private partial void LogRefused(long count, IPAddress? address, string code, string why);
}
