using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>A wait has ended: the version will not become ready. Its start failed, or it was stopped.</summary>
public sealed class StartFailedException : RegistryException
{
    internal StartFailedException(string detail, ModelVersion version)
        : base("start_failed", detail) => Version = version;

    /// <summary>The version as it is now.</summary>
    public ModelVersion Version { get; }

    /// <summary>The last lines that its process wrote, where the registry runs it; null where there are none.</summary>
    public string? LogTail =>
        Version.Serving is { } serving && serving.Raw.TryGetProperty("log_tail", out var log) && log.ValueKind == JsonValueKind.String
            ? log.GetString()
            : null;
}
