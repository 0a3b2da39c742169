using System.Text.Json.Serialization;

namespace OrleansRegistry.Versions;

/// <summary>That a version was found unhealthy, or healthy again (rules HV3 and HV7).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.HealthMark")]
internal sealed record HealthMark
{
    /// <summary>The attempt to start that it belongs to: an older build may since have begun another.</summary>
    [Id(0)]
    [JsonRequired]
    [JsonPropertyName("start")]
    public int Attempt { get; init; }

    [Id(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonPropertyName("unhealthy")]
    public bool IsUnhealthy { get; init; }

    /// <summary>Since when that is so.</summary>
    [Id(2)]
    [JsonRequired]
    public DateTimeOffset Since { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(3)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
