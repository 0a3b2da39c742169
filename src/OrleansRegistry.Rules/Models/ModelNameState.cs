using System.Text.Json.Serialization;

namespace OrleansRegistry.Models;

/// <summary>The stored row of a name.</summary>
internal sealed record ModelNameState
{
    public required string ModelId { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
