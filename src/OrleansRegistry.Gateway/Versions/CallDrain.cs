namespace OrleansRegistry.Gateway;

/// <summary>
/// What commands that take calls from a server have in common beyond the command: the version that is to follow, the traffic of a dry run, and the wait for calls that run.
/// </summary>
internal sealed class CallDrain(TrafficMeter meter, TrafficReporter traffic, OpenRequests open, CallOptions options, TimeProvider clock)
{
    /// <summary>The longest that an answer waits for calls.</summary>
    public const int MaxDrainSeconds = 3600;

    /// <summary>After this long every other gateway has said what it had admitted before: each reports every second.</summary>
    private static readonly TimeSpan ReportDelay = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Stops a version by a command, and answers it.</summary>
    /// <param name="version">The version.</param>
    /// <param name="promoteTo">The id of the version that becomes primary if this one is, or null.</param>
    /// <param name="drainSeconds">How long the answer may wait for the calls that were admitted before the command (rule L2), or null for no wait.</param>
    /// <param name="receipt">What the request says of its command.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="command">Gives the command.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<Answer<StopAnswer>> Stop(
        VersionId version,
        string? promoteTo,
        int? drainSeconds,
        CommandReceipt receipt,
        RequestCaller caller,
        Func<Task<Outcome<CommandAnswer>>> command,
        CancellationToken cancellationToken)
    {
        if (VersionReference.ProblemOfOther(promoteTo, version) is { } problem)
        {
            return RegistryError.Invalid(CommonParameters.PromoteTo.Name, problem);
        }

        if (!(await Run(version, drainSeconds, receipt, caller, command, cancellationToken)).TryGet(out var drained, out var error))
        {
            return error;
        }

        var answer = drained.Answer;
        var stopped = new StopAnswer
        {
            Version = answer.Version,
            Changed = answer.Changed,
            PrimaryChange = answer.PrimaryChange,
            ModelDeleted = answer.ModelDeleted,
            AliasChanges = answer.AliasChanges,
            References = answer.References,
            Traffic = receipt.IsDryRun
                ? (await traffic.Read(caller.Workspace, version)) with { Minutes = [], Hours = [] }
                : null,
            InFlightLeft = drained.InFlightLeft,
        };
        return Answer<StopAnswer>.Of(stopped, answer.Version.Etag, receipt.IsDryRun);
    }

    /// <summary>Runs a command, and waits for the calls that were admitted before.</summary>
    /// <param name="version">The version.</param>
    /// <param name="drainSeconds">How long the answer may wait for them (rule L2), or null for no wait.</param>
    /// <param name="receipt">What the request says of its command.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="command">Gives the command.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<Outcome<Drained>> Run(
        VersionId version,
        int? drainSeconds,
        CommandReceipt receipt,
        RequestCaller caller,
        Func<Task<Outcome<CommandAnswer>>> command,
        CancellationToken cancellationToken)
    {
        // A wait needs a place of its own, and has it before anything is changed.
        if (!open.TryEnter(drainSeconds is null ? RequestKind.Short : RequestKind.Stream, caller, out var place, out var full))
        {
            return full;
        }

        using (place)
        {
            return !(await command()).TryGet(out var answer, out var error) ? error : new Drained(
                answer,
                !receipt.IsDryRun && drainSeconds is { } seconds
                    ? await Drain(caller.Workspace, version, TimeSpan.FromSeconds(seconds), cancellationToken)
                    : null);
        }
    }

    /// <summary>Waits for the calls of this gateway, and then for those that others report. Answers how many are left.</summary>
    private async Task<int> Drain(string workspace, VersionId version, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        var left = (await meter.Drain(workspace, version, timeout, cancellationToken)).Count;
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

/// <summary>A command whose calls have ended, or whose time was up.</summary>
/// <param name="Answer">Its answer.</param>
/// <param name="InFlightLeft">How many calls were left, or null for one that didn't wait.</param>
internal sealed record Drained(CommandAnswer Answer, int? InFlightLeft);
