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
    private readonly Counter<long> _refused;
    private readonly TimeProvider _clock;
    private readonly ILogger<RefusedAttempts> _logger;
    private readonly Lock _lock = new();
    private DateTimeOffset _loggedAt = DateTimeOffset.MinValue;
    private long _count;

    public RefusedAttempts(IMeterFactory meters, TimeProvider clock, ILogger<RefusedAttempts> logger)
    {
        _meter = meters.Create("OrleansRegistry.Gateway");
        _refused = _meter.CreateCounter<long>("orleans_registry.auth.refused", "{request}", "Refused requests, by code.");
        (_clock, _logger) = (clock, logger);
        // From the beginning: whoever looks at how much one has grown doesn't see the first count otherwise.
        foreach (var code in (string[])[ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.RateLimited])
        {
            _refused.Add(0, Label(code));
        }
    }

    public void Count(RegistryError error, IPAddress? from)
    {
        _refused.Add(1, Label(error.Code));
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

    private static KeyValuePair<string, object?> Label(string code) => new("code", code);

    [LoggerMessage(222, LogLevel.Warning, "{Count} requests were refused since the last such line; the last one came from {Address}: {Code}, {Why}")]
    private partial void LogRefused(long count, IPAddress? address, string code, string why);
}
