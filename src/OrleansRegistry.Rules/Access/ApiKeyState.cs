using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Access;

/// <summary>The stored row of an API key.</summary>
internal sealed record ApiKeyState : CommandState
{
    /// <summary>The key as callers see it.</summary>
    public required ApiKeyView Key { get; init; }

    /// <summary>The key as it was before another one took its place, or null while none did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RotatedKeyState? Rotated { get; init; }

    /// <summary>The keyed hash of the whole key, in base64.</summary>
    public required string Hash { get; init; }
}

/// <summary>The part of a key that a rotation has changed.</summary>
internal sealed record RotatedKeyState
{
    /// <summary>When the key would end without the rotation, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}

/// <summary>The stored row of a workspace.</summary>
internal sealed record WorkspaceState : CommandState
{
    /// <summary>The workspace as callers see it.</summary>
    public required WorkspaceView Workspace { get; init; }
}
