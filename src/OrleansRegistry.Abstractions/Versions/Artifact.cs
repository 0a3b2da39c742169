namespace OrleansRegistry;

/// <summary>The model's files: a reference that the registry keeps and never opens.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Artifact")]
public sealed record Artifact
{
    /// <summary>The address of the artifact: 1 to 2,048 characters without control characters.</summary>
    [Id(0)]
    public required string Uri { get; init; } = "";

    /// <summary>SHA-256 of its bytes, 64 lower-case hexadecimal digits.</summary>
    [Id(1)]
    public string? Sha256 { get; init; }

    /// <summary>Its size in bytes.</summary>
    [Id(2)]
    public long? SizeBytes { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(3)]
    internal ExtensionData? ExtensionData { get; set; }
}
