using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>What deactivating and deleting have in common beyond the command: the traffic of a dry run, and the wait for calls that run.</summary>
internal sealed class CallDrain(TrafficMeter meter, TrafficReporter traffic, CallOptions options, TimeProvider clock)
{
    /// <summary>After this long every other gateway has said what it had admitted before: each reports every second.</summary>
    private static readonly TimeSpan ReportDelay = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private const int MaxDrainSeconds = 3600;

    /// <summary>How long the answer may wait for the calls that were admitted before the command (rule L2).</summary>
    internal static RequestParameter DrainSeconds { get; } = RequestParameter.Number(
        "drain_seconds",
        $"Answers once the calls that were admitted before have ended, after 0 to {MaxDrainSeconds} seconds at the latest. The version is stopped at once.",
        0,
        MaxDrainSeconds);

    /// <summary>Whether the answer to a request waits for calls.</summary>
    internal static bool IsDraining(HttpRequest request) => DrainSeconds.In(request).Count > 0;

    /// <summary>Answers a command that stopped a version, or would have.</summary>
    internal async Task<Answer<StopAnswer>> Answer(
        Outcome<CommandAnswer> outcome, CommandReceipt receipt, HttpRequest request, RequestCaller caller, VersionId version)
    {
        if (!outcome.TryGet(out var answer, out var error))
        {
            return error;
        }

        var stopped = new StopAnswer
        {
            Version = answer.Version,
            Changed = answer.Changed,
            PrimaryChange = answer.PrimaryChange,
            ModelDeleted = answer.ModelDeleted,
            Traffic = receipt.IsDryRun ? await traffic.Read(caller.Workspace, version) : null,
            InFlightLeft = !receipt.IsDryRun && DrainSeconds.In(request) is [var seconds]
                ? await Drain(
                    caller.Workspace, version, TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)), request.HttpContext.RequestAborted)
                : null,
        };
        return Answer<StopAnswer>.Of(stopped, answer.Version.Etag, receipt.IsDryRun);
    }

    /// <summary>Waits for the calls of this gateway, and then for those that others report. Answers how many are left.</summary>
    private async Task<int> Drain(string workspace, VersionId version, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        var left = await meter.Drain(workspace, version, timeout, cancellationToken);
        while (options.IsOneOfSeveral)
        {
            var elapsed = clock.GetElapsedTime(begun);
            left = (await traffic.Read(workspace, version)).InFlight;
            if (elapsed >= timeout || (left == 0 && elapsed >= ReportDelay))
            {
                break;
            }

            await Task.Delay(PollInterval, clock, cancellationToken);
        }

        return left;
    }
}
