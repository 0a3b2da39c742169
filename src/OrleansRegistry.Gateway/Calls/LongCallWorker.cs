using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Ends calls that have gone on for too long after their version was stopped, or after their key ended. A call is
/// looked at once it has been open for a while; most have ended by then.
/// </summary>
internal sealed partial class LongCallWorker(
    TrafficMeter meter,
    AdmittedCalls admitted,
    ApiKeyAuthenticator access,
    CallOptions calls,
    AccessOptions keys,
    TimeProvider clock,
    ILogger<LongCallWorker> logger)
    : PeriodicWorker(Interval, clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Since when a version is known to be stopped, and a key to have ended, that calls are open of.
    private readonly Dictionary<(string Workspace, VersionId Version), long> _stopped = [];
    private readonly Dictionary<string, long> _ended = new(StringComparer.Ordinal);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        var open = meter.OpenFor(Interval);
        await End(open.ToLookup(call => (call.Caller.Workspace, call.Version)), _stopped, WhyStopped, TimeSpan.FromSeconds(calls.GraceSeconds));
        await End(
            open.Where(call => call.Caller.Proof is not null).ToLookup(call => call.Caller.Proof!.Prefix, StringComparer.Ordinal),
            _ended,
            WhyRefused,
            TimeSpan.FromSeconds(keys.RevokedCallGraceSeconds));

        Task<RegistryError?> WhyStopped(AdmittedCall call) => admitted.WhyStopped(call.Caller.Workspace, call.Version, stoppingToken);

        async Task<RegistryError?> WhyRefused(AdmittedCall call) =>
            (await access.Authenticate(call.Caller.Proof!, stoppingToken)).Error;
    }

    /// <summary>Ends the calls of each group whose time is up.</summary>
    private async Task End<TKey>(
        ILookup<TKey, AdmittedCall> groups, Dictionary<TKey, long> since, Func<AdmittedCall, Task<RegistryError?>> find, TimeSpan grace)
        where TKey : notnull
    {
        foreach (var gone in since.Keys.Where(key => !groups.Contains(key)).ToList())
        {
            since.Remove(gone);
        }

        foreach (var group in groups)
        {
            RegistryError? why;
            try
            {
                why = await find(group.First());
            }
            catch (Exception e) when (AdmittedCalls.IsUnknown(e))
            {
                // Nobody knows now. What is known already stays.
                continue;
            }

            if (why is null)
            {
                since.Remove(group.Key);
            }
            else if (since.TryAdd(group.Key, Clock.GetTimestamp()) || Clock.GetElapsedTime(since[group.Key]) < grace)
            {
                // The calls may go on for a while.
            }
            else
            {
                foreach (var call in group)
                {
                    call.End(why);
                }
            }
        }
    }

    [LoggerMessage(211, LogLevel.Warning, "Open calls could not be looked at")]
    protected override partial void LogFailure(Exception exception);
}
