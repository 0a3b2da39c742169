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

    /// <summary>The fingerprint of the secret that the hash is under; null in rows of earlier builds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HashSecret { get; init; }

    /// <summary>The hash under the deployment's other secret, or null when the key wasn't used under two.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OtherHashState? OtherHash { get; init; }

    /// <summary>Whether a hash is one of the key's.</summary>
    public bool Has(string hash) => Hash == hash || OtherHash?.Value == hash;

    /// <summary>Whether the key has a hash under a secret.</summary>
    public bool IsUnder(string secret) => HashSecret == secret || OtherHash?.Secret == secret;

    /// <summary>
    /// The row with a hash under another secret in front (rule H4). The one before it stays: sessions know the key by
    /// it, and nodes that have that secret. The same instance when it isn't this key's, or has the hash already.
    /// </summary>
    /// <param name="known">A hash that the key has.</param>
    /// <param name="knownSecret">The fingerprint of the secret that it is under.</param>
    /// <param name="hash">The hash of the same key under another secret.</param>
    /// <param name="hashSecret">The fingerprint of that one.</param>
    public ApiKeyState Rehashed(string known, string knownSecret, string hash, string hashSecret) => !Has(known) || Has(hash) ? this : this with
    {
        Hash = hash,
        HashSecret = hashSecret,
        OtherHash = new OtherHashState { Value = known, Secret = knownSecret },
    };
}

/// <summary>A hash of a key under another secret than the one that its row was written with last.</summary>
internal sealed record OtherHashState
{
    /// <summary>The keyed hash of the whole key, in base64.</summary>
    public required string Value { get; init; }

    /// <summary>The fingerprint of the secret that the hash is under.</summary>
    public required string Secret { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
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
