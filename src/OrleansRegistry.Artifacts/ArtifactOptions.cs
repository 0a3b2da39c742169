namespace OrleansRegistry.Artifacts;

/// <summary>Where the files of artifacts are. Properties are settings.</summary>
public sealed record ArtifactOptions
{
    /// <summary>
    /// The directory of the artifacts' files. On PostgreSQL it must be one that all nodes share; without it, there are
    /// no artifacts.
    /// </summary>
    /// <value>on SQLite <c>artifacts</c> in the data directory</value>
    public string? Directory { get; init; }
}
