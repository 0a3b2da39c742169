namespace OrleansRegistry.RestClient;

/// <summary>A wait has ended: the version will not become ready. Its start failed, or it was stopped.</summary>
public sealed class StartFailedException : RegistryException
{
    internal StartFailedException(string detail, ModelVersion version, string? logTail = null)
        : base("start_failed", detail) => (Version, LogTail) = (version, logTail);

    /// <summary>The version as it is now.</summary>
    public ModelVersion Version { get; }

    /// <summary>The last lines that its process wrote, where the registry runs it; null where there are none.</summary>
    public string? LogTail { get; }
}
