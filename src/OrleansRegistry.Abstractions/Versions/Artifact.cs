using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>
/// The model's files: either an address, which the registry keeps and never opens, or the digest of an artifact that
/// the registry has.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Artifact")]
public sealed record Artifact
{
    /// <summary>
    /// The address of the artifact: 1 to 2,048 characters without control characters. Empty with <c>digest</c>.
    /// </summary>
    [Id(0), JsonRequired]
    public string Uri { get; init; } = "";

    /// <summary>With an address: SHA-256 of its bytes, 64 lower-case hexadecimal digits.</summary>
    [Id(1)]
    public string? Sha256 { get; init; }

    /// <summary>With an address: its size in bytes.</summary>
    [Id(2)]
    public long? SizeBytes { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(3)]
    internal ExtensionData? ExtensionData { get; set; }

    /// <summary>
    /// The digest of an artifact in the workspace, 64 lower-case hexadecimal digits; null with an address.
    /// </summary>
    [Id(4), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Digest { get; init; }
}
