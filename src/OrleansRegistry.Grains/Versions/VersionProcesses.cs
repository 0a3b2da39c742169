using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>
/// The processes of versions on this node (rules X1 to X4). What must run is what models say, as their rows do: a model
/// tells all of its versions at once, whenever it has read or written its row. A version that it leaves out is stopped,
/// so that no process stays that nobody knows of.
/// </summary>
internal sealed partial class VersionProcesses(
    IProcessRunner runner,
    LastSigns signs,
    VersionParts parts,
    VersionLogs logs,
    InstanceTypes types,
    ProcessPreparation preparation,
    IEnumerable<IAdmittedCalls> calls,
    IVersionNews news,
    TimeProvider clock,
    ILogger<VersionProcesses> logger) : INodeProcesses, IAsyncDisposable
{
    private const string Restarted = "Its node was started again.";

    private const string HeldBack =
        "No sandbox keeps packages from this registry's files any more, and no operator has said that this version runs: only an operator activates it.";

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TurnLength = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly StartTurns _turns = new(Environment.ProcessorCount);
    private readonly Dictionary<ProcessKey, VersionProcess> _processes = [];
    private readonly Dictionary<(string Workspace, string ModelId), ImmutableArray<Wanted>> _wanted = [];
    private bool _isEnding;

    public IRunningProcess? Find(string workspace, VersionId version, int start)
    {
        lock (_lock)
        {
            return _processes.GetValueOrDefault(new ProcessKey(workspace, version, start))?.Running;
        }
    }

    public IProcessLog? FindLog(string workspace, VersionId version) => logs.Find(workspace, version);

    /// <summary>
    /// Takes a version's part of the node (rule X11) for a command that is to be stored, or says why the version can't be
    /// run (rules F6 and F10). A part that no model wants when it is disposed of goes back.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="version">The version.</param>
    /// <param name="digest">The digest of its artifact; null where it isn't there, as a dry run may say.</param>
    /// <param name="environment">The name of the environment, or null for any.</param>
    /// <param name="instanceType">Its instance type, or null.</param>
    /// <param name="role">Who asks for it.</param>
    public async Task<Outcome<Reservation>> Reserve(
        string workspace, VersionId version, string? digest, string? environment, string? instanceType, Role role)
    {
        await runner.Probed;
        if (runner.Off is { } reason)
        {
            return Off(reason);
        }

        if (!runner.IsSandboxed && !role.Allows(Permission.Operate))
        {
            return new RegistryError(
                ErrorCode.Forbidden, "Only an operator says what this registry runs: no sandbox keeps packages from its files (Registry:Runtime:Isolation).");
        }

        if (!(await preparation.Check(workspace, digest, environment, instanceType)).TryGet(out var resources, out var error))
        {
            return error;
        }

        return parts.TryReserve(workspace, version, resources)
            ? new Reservation(() => Release(workspace, version))
            : new RegistryError(ErrorCode.NoCapacity, "This registry has no room for another process of this size; deactivate a version that it runs.");
    }

    /// <summary>
    /// What must run of a model's versions, and nothing else of it. What isn't there yet is started when the version is
    /// looked at; what isn't named is stopped when its calls have ended (rule X3).
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="active">Its active versions.</param>
    /// <param name="primary">The ordinal of its primary, or null.</param>
    public void Keep(string workspace, string modelId, ImmutableArray<ActiveVersion> active, int? primary)
    {
        ImmutableArray<Wanted> wanted =
        [
            .. active.Where(version => version.IsManaged)
                .Select(version => new Wanted(version.Ordinal, version.Attempt, version.NeedsProcess, version.Ordinal == primary)),
        ];
        List<VersionProcess> unwanted;
        lock (_lock)
        {
            if (wanted.IsEmpty && !_wanted.ContainsKey((workspace, modelId)))
            {
                return;
            }

            if (wanted.IsEmpty)
            {
                _wanted.Remove((workspace, modelId));
            }
            else
            {
                _wanted[(workspace, modelId)] = wanted;
            }

            logs.Keep(workspace, modelId, version => wanted.Any(one => one.Ordinal == version.Ordinal), NeedsProcess);

            unwanted =
            [
                .. _processes.Values.Where(
                    process => process.Key.Workspace == workspace && process.Key.Version.ModelId == modelId && FindWanted(process.Key) is null),
            ];
            foreach (var process in unwanted.Where(process => process is { Part: null, Running.Exited.IsCompleted: false }))
            {
                // It keeps its part to its end: another start of the version has to find one of its own.
                process.Part = parts.TakeAway(workspace, process.Key.Version);
            }
        }

        ReturnParts(workspace, modelId);
        foreach (var process in unwanted.Where(process => process.TryGiveUp()))
        {
            _ = Task.Run(() => Stop(process));
        }
    }

    /// <summary>
    /// What is new of a version that must run: what its row does not say yet, or null. Begins the start if nobody has;
    /// never waits for it.
    /// </summary>
    public ServingResult? Look(ModelVersionState version)
    {
        var serving = version.Serving!;
        ProcessKey key = new(version.Workspace, version.Id, serving.Attempt);
        VersionProcess? process;
        lock (_lock)
        {
            if (!_processes.TryGetValue(key, out process))
            {
                if (_isEnding || FindWanted(key) is not { } wanted)
                {
                    return null;
                }

                if (serving.Status == ServingStatus.Ready)
                {
                    return new ServingResult(key.Start, IsReady: false, Restarted)
                    {
                        Death = new ProcessDeath { Message = Restarted, IsLost = true, LastAlive = signs.Of(version) },
                    };
                }

                process = Begin(key, version, wanted.IsPrimary);
            }
        }

        return process.NewsFor(serving.Status);
    }

    public async ValueTask DisposeAsync()
    {
        List<VersionProcess> processes;
        lock (_lock)
        {
            _isEnding = true;
            processes = [.. _processes.Values];
        }

        // They are billed until now.
        runner.SayAlive();

        await Task.WhenAll(processes.Select(End));
    }

    /// <summary>Whether a start is what its model wants now. Under the lock.</summary>
    private Wanted? FindWanted(ProcessKey key) =>
        _wanted.TryGetValue((key.Workspace, key.Version.ModelId), out var versions)
            ? versions.FirstOrDefault(version => version.Ordinal == key.Version.Ordinal && version.Start == key.Start && version.NeedsProcess)
            : null;

    /// <summary>Whether a version needs a process, of whichever start. Under the lock.</summary>
    private bool NeedsProcess(string workspace, VersionId version) =>
        _wanted.GetValueOrDefault((workspace, version.ModelId), []).Any(wanted => wanted.NeedsProcess && wanted.Ordinal == version.Ordinal);

    private VersionProcess Begin(ProcessKey key, ModelVersionState version, bool isPrimary)
    {
        var log = logs.Open(key.Workspace, key.Version);
        VersionProcess process = new(key, (double)RandomNumberGenerator.GetInt32(int.MaxValue) / int.MaxValue);
        _processes[key] = process;
        // Apart from the turn of the grain that looks.
        process.Gone = Task.Run(() => Run(process, version, log, isPrimary), CancellationToken.None);
        return process;
    }

    private async Task Run(VersionProcess process, ModelVersionState version, IProcessLog log, bool isPrimary)
    {
        try
        {
            await Start(process, version, log, isPrimary);
        }
        catch (OperationCanceledException) when (process.Unwanted.IsCancellationRequested)
        {
            // It was not wanted any more before it ran.
        }
        catch (Exception e) when (e is not OperationCanceledException || !process.Unwanted.IsCancellationRequested)
        {
            LogNotStarted(process.Key.Version, process.Key.Start, e);
            process.Died("The process could not be started; the log of the node says why.");
        }

        Tell(process);
    }

    private async Task Start(VersionProcess process, ModelVersionState version, IProcessLog log, bool isPrimary)
    {
        if (version.Serving!.Runtime!.NotBefore - clock.GetUtcNow() is { } wait && wait > TimeSpan.Zero)
        {
            // The clock may have been set back since.
            await Task.Delay(wait < RestartRules.MaxWait ? wait : RestartRules.MaxWait, clock, process.Unwanted);
        }

        await runner.Probed;
        if (runner.Off is not null)
        {
            // No fault of the version: it goes on when its node has been mended, and started again.
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, process.Unwanted);
        }

        if (!runner.IsSandboxed && version.Serving.Runtime is { ByOperator: false })
        {
            process.Refused(HeldBack);
            return;
        }

        var resources = types.Find(version.InstanceType);
        while (resources is not null && !parts.TryTake(process.Key.Workspace, process.Key.Version, resources))
        {
            // The node has become smaller, or its instance types larger.
            await Task.Delay(RetryInterval, clock, process.Unwanted);
        }

        using var turn = await _turns.Enter(isPrimary, process.Unwanted);
        if (!(await preparation.Prepare(version, process.Unwanted)).TryGet(out var prepared, out var error))
        {
            process.Refused(error.Detail);
            return;
        }

        await using (prepared.Package)
        {
            var running = runner.Start(prepared.Spec, log);
            process.Started(running);
            if (process.Unwanted.IsCancellationRequested)
            {
                await running.Stop();
            }

            // A start that takes long keeps no other from starting.
            await Task.WhenAny(running.Ready, Task.Delay(TurnLength, clock, process.Unwanted));
            turn.Dispose();
            if (await running.Ready)
            {
                Tell(process);
            }

            process.Ended(await running.Exited);
        }
    }

    /// <summary>Ends what nobody wants any more, when the calls that it was given have ended.</summary>
    private async Task Stop(VersionProcess process)
    {
        if (process.Running is { Ready: { IsCompletedSuccessfully: true } ready, Exited.IsCompleted: false } && await ready)
        {
            await Task.WhenAll(calls.Select(admitted => admitted.End(process.Key.Workspace, process.Key.Version)));
        }

        await End(process);
    }

    private async Task End(VersionProcess process)
    {
        process.TryGiveUp();
        if (process.Running is { } running)
        {
            await running.Stop();
        }

        await process.Gone;
        lock (_lock)
        {
            _processes.Remove(process.Key);
        }

        ReturnParts(process.Key.Workspace, process.Key.Version.ModelId);
        process.Part?.Dispose();
    }

    private void Release(string workspace, VersionId version)
    {
        parts.Release(workspace, version);
        ReturnParts(workspace, version.ModelId);
    }

    /// <summary>Gives back what versions of a model have that neither have nor need a process.</summary>
    private void ReturnParts(string workspace, string modelId)
    {
        lock (_lock)
        {
            parts.Return(
                workspace,
                modelId,
                version => NeedsProcess(workspace, version)
                    || _processes.Values.Any(process => process.Part is null && process.Key.Workspace == workspace && process.Key.Version == version));
        }
    }

    private void Tell(VersionProcess process)
    {
        if (!process.Unwanted.IsCancellationRequested)
        {
            news.Tell(process.Key.Workspace, process.Key.Version.ModelId);
        }
    }

    private static RegistryError Off(string reason) => new(ErrorCode.RuntimeOff, $"This registry runs no versions: {reason}");

    [LoggerMessage(120, LogLevel.Error, "Version {Version}: its process could not be started, attempt {Start}")]
    private partial void LogNotStarted(VersionId version, int start, Exception exception);

    /// <summary>A part of the node that a version has for a command that is to be stored.</summary>
    internal sealed class Reservation(Action release) : IDisposable
    {
        public void Dispose() => release();
    }

    private sealed record Wanted(int Ordinal, int Start, bool NeedsProcess, bool IsPrimary);
}
