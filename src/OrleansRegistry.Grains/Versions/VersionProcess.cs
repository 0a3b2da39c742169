using System.Diagnostics.CodeAnalysis;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>Names one start of a version.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Version">The version.</param>
/// <param name="Start">The attempt to start.</param>
internal readonly record struct ProcessKey(string Workspace, VersionId Version, int Start);

/// <summary>One start of a version on this node, from the wait for its turn to its end.</summary>
/// <param name="key">Which start.</param>
/// <param name="chance">From 0 to 1: the part of the wait for the next start that is left to chance.</param>
[SuppressMessage("Design", "CA1001", Justification = "The source of the token has no timer, and nothing that must be given back.")]
internal sealed class VersionProcess(ProcessKey key, double chance)
{
    private readonly CancellationTokenSource _stop = new();
    private volatile IRunningProcess? _running;
    private volatile ServingResult? _end;
    private int _isGivenUp;

    /// <summary>Which start it is.</summary>
    public ProcessKey Key => key;

    /// <summary>The process, once it is started.</summary>
    public IRunningProcess? Running => _running;

    /// <summary>Is cancelled when nobody wants the process any more.</summary>
    public CancellationToken Unwanted => _stop.Token;

    /// <summary>Its part of the node's room, once its version doesn't want it any more; null before.</summary>
    public IDisposable? Part { get; set; }

    /// <summary>Completes when nothing of it is left.</summary>
    public Task Gone { get; set; } = Task.CompletedTask;

    /// <summary>It runs.</summary>
    public void Started(IRunningProcess running) => _running = running;

    /// <summary>It has ended by itself or by force, and has not been told to.</summary>
    public void Ended(ProcessExit exit)
    {
        if (exit.Cause != ExitCause.Stopped)
        {
            _end = new ServingResult(key.Start, IsReady: false, exit.Message) { Death = ProcessDeath.Of(exit, chance) };
        }
    }

    /// <summary>It could not be started now; trying again may help.</summary>
    public void Died(string message) =>
        _end ??= new ServingResult(key.Start, IsReady: false, message) { Death = new ProcessDeath { Message = message, Chance = chance } };

    /// <summary>It can't be started.</summary>
    public void Refused(string message) => _end = new ServingResult(key.Start, IsReady: false, message);

    /// <summary>What the version does not know yet, or null.</summary>
    /// <param name="status">The version's status as it is stored.</param>
    public ServingResult? NewsFor(ServingStatus status) =>
        _end ?? (status != ServingStatus.Ready && _running?.Ready is { IsCompletedSuccessfully: true, Result: true }
            ? new ServingResult(key.Start, IsReady: true, null)
            : null);

    /// <summary>Nobody wants it any more. Answers whether that is new.</summary>
    public bool TryGiveUp()
    {
        if (Interlocked.Exchange(ref _isGivenUp, 1) == 1)
        {
            return false;
        }

        _stop.Cancel();
        return true;
    }
}
