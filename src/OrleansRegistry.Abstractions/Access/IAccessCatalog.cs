using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>Reads over the stored keys and workspaces. They activate no grain; rows that can't be read are left out, and logged.</summary>
internal interface IAccessCatalog
{
    /// <summary>The keys that act in a workspace, oldest first, revoked and expired ones too, at most <paramref name="limit"/>.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<ImmutableArray<ApiKeyView>> ListKeys(string workspace, ApiKeyCursor? after, int limit, CancellationToken cancellationToken);

    /// <summary>How many keys that act in a workspace are neither revoked nor expired at an instant.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<long> CountKeys(string workspace, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The key of a prefix, revoked and expired ones too, or null.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    Task<StoredApiKey?> FindKey(string prefix, CancellationToken cancellationToken);

    /// <summary>The sessions of an API key that have not ended at an instant, newest first.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<ImmutableArray<SessionView>> ListSessions(string keyPrefix, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The workspaces, by name, behind that of a name if one is given, at most <paramref name="limit"/>.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<ImmutableArray<WorkspaceView>> ListWorkspaces(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Whether there is a workspace of that name.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<bool> HasWorkspace(string name, CancellationToken cancellationToken);

    /// <summary>Whether there is a key at all, readable or not.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<bool> HasKeys(CancellationToken cancellationToken);

    /// <summary>
    /// What all nodes of the deployment must have alike: answers what the first of them has said, which is <paramref name="value"/> when this is
    /// the first.
    /// </summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<string> Agree(string setting, string value, CancellationToken cancellationToken);

    /// <summary>What the first node has said that all must have alike, or null when none has.</summary>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    Task<string?> FindAgreed(string setting, CancellationToken cancellationToken);
}

/// <summary>An API key as it is stored.</summary>
/// <param name="Key">The key as callers see it.</param>
/// <param name="Hash">The keyed hash of the whole key.</param>
/// <param name="OtherHash">The same under another secret of the deployment, or null.</param>
internal sealed record StoredApiKey(ApiKeyView Key, ImmutableArray<byte> Hash, ImmutableArray<byte>? OtherHash);

/// <summary>A place in a list of API keys.</summary>
/// <param name="CreatedAt">When the last key seen was made.</param>
/// <param name="Prefix">Its prefix.</param>
internal sealed record ApiKeyCursor(DateTimeOffset CreatedAt, string Prefix);
