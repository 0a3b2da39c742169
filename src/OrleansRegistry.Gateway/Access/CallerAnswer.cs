using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>The caller: who they are, and what they may do.</summary>
internal sealed record CallerAnswer
{
    /// <summary>The caller, as events and views name them: <c>key:{prefix}</c> or <c>token:{subject}</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The prefix of the API key, or null for a token.</summary>
    public string? KeyPrefix { get; init; }

    /// <summary>The name of the API key, or null for a token.</summary>
    public string? KeyName { get; init; }

    /// <summary>Their role.</summary>
    public required Role Role { get; init; }

    /// <summary>The workspace they act in.</summary>
    public required string Workspace { get; init; }

    /// <summary>The only models they may call, by id, or null for all.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>From when on the key or token is not taken any more, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Their permissions.</summary>
    public required ImmutableArray<Permission> Permissions { get; init; }
}
