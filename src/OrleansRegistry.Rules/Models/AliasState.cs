using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Models;

/// <summary>An alias as its model's row stores it.</summary>
internal sealed record AliasState
{
    public required string Name { get; init; }

    /// <summary>The version that it points to; null while it is empty (rule AL5).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AliasTarget? Target { get; init; }

    /// <summary>The order number that set it (rule AL3).</summary>
    [JsonRequired]
    public long Order { get; init; }

    [JsonRequired]
    public DateTimeOffset Since { get; init; }

    [JsonRequired]
    public AliasReason Reason { get; init; }

    public required string By { get; init; }

    /// <summary>The name of the key of who moved it, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ByName { get; init; }

    /// <summary>Why, in their own words, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    /// <summary>Whether only an admin moves it (rule AL6).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Protected { get; init; }

    /// <summary>The last versions that it has pointed to, oldest first, the present one last; none twice (rule AL7).</summary>
    public ImmutableArray<AliasTarget> History { get; init; } = [];

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}

/// <summary>A version that an alias points to, or has pointed to.</summary>
internal sealed record AliasTarget(int Ordinal, string Version)
{
    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
