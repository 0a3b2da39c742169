using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Access;

/// <summary>What the row of an API key stores.</summary>
internal sealed record ApiKeyState : CommandState
{
    /// <summary>The key as callers see it.</summary>
    public required ApiKeyView Key { get; init; }

    /// <summary>What was before another key took its place, or null while none did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RotatedKeyState? Rotated { get; init; }

    /// <summary>The keyed hash of the whole key, in base64.</summary>
    public required string Hash { get; init; }
}

/// <summary>What a rotation has changed of a key.</summary>
internal sealed record RotatedKeyState
{
    /// <summary>When the key would end without the rotation, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}

/// <summary>What the row of a workspace stores.</summary>
internal sealed record WorkspaceState : CommandState
{
    /// <summary>The workspace as callers see it.</summary>
    public required WorkspaceView Workspace { get; init; }
}
