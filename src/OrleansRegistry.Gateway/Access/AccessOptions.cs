using System.Collections.Frozen;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansRegistry.Access;

namespace OrleansRegistry.Gateway;

/// <summary>The settings of access. Properties are settings.</summary>
internal sealed record AccessOptions
{
    /// <summary>A key of role operator that is valid from the start on; <c>new-key</c> draws one.</summary>
    /// <value>a key that the first start makes and writes to the file <c>admin-key</c></value>
    [DataType(DataType.Password)]
    public string? AdminKey { get; init; }

    /// <summary>
    /// The secret with which keys are hashed, page tokens are signed and secrets of webhooks are encrypted: at least 32
    /// bytes in base64. All nodes of a cluster have the same; a node of role <c>silo</c> needs it set. Without it no key
    /// is valid any more.
    /// </summary>
    /// <value>the file <c>secret</c>, which the first start makes</value>
    [DataType(DataType.Password)]
    [MinLength(AccessSecret.MinBytes)]
    public ReadOnlyMemory<byte>? Secret { get; init; }

    /// <summary>
    /// A secret that counts beside <c>Secret</c> while that is replaced. Nothing new is hashed or encrypted with it.
    /// <c>rotate-secret</c> says when it can go.
    /// </summary>
    /// <value>none</value>
    [DataType(DataType.Password)]
    [MinLength(AccessSecret.MinBytes)]
    public ReadOnlyMemory<byte>? PreviousSecret { get; init; }

    /// <summary>The lifetime of a key that is made without <c>expires_at</c>. 0 is without end.</summary>
    [Range(0, 36_500)]
    public int DefaultKeyDays { get; init; }

    /// <summary>How long calls may go on whose key was revoked or has expired; then they are ended.</summary>
    [Range(0, 86_400)]
    public int RevokedCallGraceSeconds { get; init; } = 30;

    /// <summary>The OpenID Connect issuer whose tokens are taken beside keys.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary>Where the first key and, unless it is set, the secret are kept.</summary>
    [Browsable(false)]
    public string Directory { get; init; } = "";

    /// <summary>The hosts that requests may name; <c>*.example.com</c> stands for all below it.</summary>
    [Browsable(false)]
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The secret that the settings name; nothing is read yet.</summary>
    public AccessSecret OpenSecret() => new(Secret, PreviousSecret, Directory);
}

/// <summary>The issuer whose tokens (JWT) are taken, and what their claims say. Properties are settings.</summary>
internal sealed record OidcOptions
{
    /// <summary>The issuer, an https URL. Its keys are found by discovery.</summary>
    public string Authority { get; init; } = "";

    /// <summary>The audience that tokens must be for.</summary>
    public string Audience { get; init; } = "";

    /// <summary>The claim that holds the caller's role. The highest role of several values counts.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>The role of each value of the claim: <c>Registry__Auth__Oidc__Roles__ml-team=deployer</c>.</summary>
    /// <value>values are the roles' own names</value>
    public FrozenDictionary<string, Role> Roles { get; init; } = FrozenDictionary<string, Role>.Empty;

    /// <summary>The claim that names the workspace. This setting or <c>Workspace</c> must be set.</summary>
    /// <value>none</value>
    public string? WorkspaceClaim { get; init; }

    /// <summary>The workspace of tokens that name none; it must exist.</summary>
    /// <value>tokens that name none are refused</value>
    public string? Workspace { get; init; }

    /// <summary>
    /// The client as which people sign in to the console at the issuer. Its redirect URI is
    /// <c>https://HOST/console/sign-in/callback</c>, and its ID tokens have the claims of role and workspace.
    /// </summary>
    /// <value>people sign in with API keys only</value>
    public string? ClientId { get; init; }

    /// <summary>The secret of that client, unless it is a public one.</summary>
    /// <value>none</value>
    [DataType(DataType.Password)]
    public string? ClientSecret { get; init; }

    /// <summary>What that client asks the issuer for, with spaces between; <c>openid</c> is one of them.</summary>
    public string Scopes { get; init; } = "openid profile";
}
