namespace OrleansRegistry.Processes;

/// <summary>The processes of versions that run on this node.</summary>
internal interface INodeProcesses
{
    /// <summary>The process of one start of a version, or null where it doesn't run here.</summary>
    IRunningProcess? Find(string workspace, VersionId version, int start);

    /// <summary>The log of a version, or null where it hasn't been started here since it became active.</summary>
    IProcessLog? FindLog(string workspace, VersionId version);
}

/// <summary>The calls that are admitted to versions on this node.</summary>
internal interface IAdmittedCalls
{
    /// <summary>
    /// Waits until the calls that were admitted to a version have ended, and ends those that take longer than they may: none
    /// of them is left to be broken off by the end of its process. To be called when no more are admitted.
    /// </summary>
    Task End(string workspace, VersionId version);
}
