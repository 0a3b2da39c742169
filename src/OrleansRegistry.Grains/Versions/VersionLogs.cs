using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>
/// The logs of versions on this node (rule X9): one for each that is active, through all its starts, but of those that
/// have failed only the latest.
/// </summary>
internal sealed class VersionLogs(IProcessRunner runner)
{
    /// <summary>So many versions that have failed keep their logs: each may be as large as that of a version that runs.</summary>
    private const int MaxOfFailed = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Workspace, VersionId Version), (IProcessLog Log, long Start)> _logs = [];
    private long _starts;

    /// <summary>The log of a version, or null.</summary>
    public IProcessLog? Find(string workspace, VersionId version)
    {
        lock (_lock)
        {
            return _logs.GetValueOrDefault((workspace, version)).Log;
        }
    }

    /// <summary>The log of a version that is started: that of its last start, or a new one.</summary>
    public IProcessLog Open(string workspace, VersionId version)
    {
        lock (_lock)
        {
            var log = _logs.TryGetValue((workspace, version), out var kept) ? kept.Log : runner.CreateLog();
            _logs[(workspace, version)] = (log, _starts++);
            return log;
        }
    }

    /// <summary>Forgets the logs of a model's versions that are not active, and those of all that failed long ago.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="isActive">Whether a version of the model is active.</param>
    /// <param name="needsProcess">Whether a version, of any model, has not failed.</param>
    public void Keep(string workspace, string modelId, Func<VersionId, bool> isActive, Func<string, VersionId, bool> needsProcess)
    {
        lock (_lock)
        {
            var inactive = _logs.Keys.Where(log => log.Workspace == workspace && log.Version.ModelId == modelId && !isActive(log.Version));
            Forget([.. inactive]);
            var failed = _logs.Where(log => !needsProcess(log.Key.Workspace, log.Key.Version)).OrderByDescending(log => log.Value.Start);
            Forget([.. failed.Skip(MaxOfFailed).Select(log => log.Key)]);
        }
    }

    private void Forget(IReadOnlyList<(string Workspace, VersionId Version)> logs)
    {
        foreach (var log in logs)
        {
            _logs.Remove(log);
        }
    }
}
