using System.Text.Json.Serialization;

namespace OrleansRegistry.Access;

/// <summary>The stored row of a browser's session. Such rows are removed a while after the session's end.</summary>
internal sealed record SessionState
{
    /// <summary>The keyed hash of the session's text, in base64.</summary>
    public required string Hash { get; init; }

    /// <summary>The keyed hash of the key that signed in, in base64.</summary>
    public required string KeyHash { get; init; }

    /// <summary>The instant of the sign-in.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The instant at which it ends at the latest.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The longest time that it lasts without a use, in seconds.</summary>
    public required int IdleSeconds { get; init; }

    /// <summary>The instant of the last use that was stored.</summary>
    public required DateTimeOffset LastUsedAt { get; init; }

    /// <summary>The instant at which somebody ended it, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>The instant at which it ends when it was last used then (rule G2).</summary>
    public DateTimeOffset End(DateTimeOffset usedAt)
    {
        var idle = usedAt.AddSeconds(IdleSeconds);
        return EndedAt is { } ended ? ended : idle < ExpiresAt ? idle : ExpiresAt;
    }
}
