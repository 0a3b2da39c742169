namespace OrleansRegistry;

/// <summary>What was deployed: an opaque reference that the registry keeps and never opens.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Artifact")]
public sealed record Artifact
{
    /// <summary>Where the artifact is, at most 2,048 characters.</summary>
    [Id(0)]
    public required string Uri { get; init; }

    /// <summary>SHA-256 of its bytes, 64 lower-case hexadecimal digits, or null.</summary>
    [Id(1)]
    public string? Sha256 { get; init; }

    /// <summary>Its size in bytes, or null.</summary>
    [Id(2)]
    public long? SizeBytes { get; init; }
}
