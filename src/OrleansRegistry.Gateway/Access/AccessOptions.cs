using System.Collections.Frozen;

namespace OrleansRegistry.Gateway;

/// <summary>Who is let in.</summary>
internal sealed record AccessOptions
{
    /// <summary>The fewest bytes of <see cref="Secret"/>.</summary>
    public const int MinSecretBytes = 32;

    /// <summary>Where the first key and, unless it is set, the secret are kept.</summary>
    public required string Directory { get; init; }

    /// <summary>What keys are hashed and page tokens are signed with, at least 32 bytes; null for the one in the directory. All nodes need the same.</summary>
    public ReadOnlyMemory<byte>? Secret { get; init; }

    /// <summary>A key of role operator that is there from the start on, or null for one that is drawn when there is no key at all.</summary>
    public string? AdminKey { get; init; }

    /// <summary>After how many days a key ends whose maker says nothing about its end; 0 for never.</summary>
    public int DefaultKeyDays { get; init; }

    /// <summary>The hosts that requests may name; <c>*.example.com</c> stands for all below it.</summary>
    public required IReadOnlyList<string> AllowedHosts { get; init; }

    /// <summary>Whose tokens are taken beside keys, or null for nobody's.</summary>
    public OidcOptions? Oidc { get; init; }
}

/// <summary>Whose tokens (JWT) are taken, and what their claims say.</summary>
internal sealed record OidcOptions
{
    /// <summary>The issuer; its keys are found by OpenID Connect discovery.</summary>
    public required string Authority { get; init; }

    /// <summary>What tokens must be for.</summary>
    public required string Audience { get; init; }

    /// <summary>The claim that says what a caller may do. Of several values the highest role counts.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>Which value of the claim is which role; empty where values are the roles' own names.</summary>
    public FrozenDictionary<string, Role> Roles { get; init; } = FrozenDictionary<string, Role>.Empty;

    /// <summary>The claim that names the workspace, or null when all act in <see cref="Workspace"/>.</summary>
    public string? WorkspaceClaim { get; init; }

    /// <summary>The workspace of callers whose token names none, or null to refuse them.</summary>
    public string? Workspace { get; init; }
}
