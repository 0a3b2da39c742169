using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>The processes of a node without a silo: none.</summary>
internal sealed class NoProcesses : INodeProcesses
{
    public IRunningProcess? Find(string workspace, VersionId version, int start) => null;

    public IProcessLog? FindLog(string workspace, VersionId version) => null;
}
