using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>One API key: what it may do, and whether it still may. It knows a keyed hash of the key, not the key. Key: <see cref="GrainKeys.ApiKey"/>.</summary>
[Alias("OrleansRegistry.IApiKeyGrain")]
internal interface IApiKeyGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>Makes the key. Making it again with the same hash changes nothing.</summary>
    [Alias("Create")]
    Task<Outcome<ApiKeyView>> Create(CreateApiKeyCommand command);

    /// <summary>Who a caller is that shows a key of this hash, or null when the key is unknown, revoked, expired or another one.</summary>
    [AlwaysInterleave, ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    [Alias("Authenticate")]
    Task<ApiKeyIdentity?> Authenticate(ImmutableArray<byte> hash);

    /// <summary>
    /// Revokes the key. Once this has answered, no gateway takes it any more: it waits until every answer to <see cref="Authenticate"/> has
    /// lapsed, at most <see cref="ApiKeyIdentity.MaxLeaseDuration"/>.
    /// </summary>
    [Alias("Revoke")]
    Task<Outcome<ApiKeyView>> Revoke(RevokeApiKeyCommand command);

    /// <summary>
    /// Makes a new key of the same name, role, models and lifetime, and answers it. This one ends once the overlap is over, unless it does before.
    /// </summary>
    [Alias("Rotate")]
    Task<Outcome<ApiKeyView>> Rotate(RotateApiKeyCommand command);

    /// <summary>
    /// Stores the key's hash under another secret of the deployment. The hash before it counts on. Nothing happens when
    /// the key has no such hash.
    /// </summary>
    [Alias("Rehash")]
    Task Rehash(RehashApiKeyCommand command);

    /// <summary>Notes that the key was used; to the hour.</summary>
    [Alias("NoteUse")]
    Task NoteUse();
}

/// <summary>Who a caller is, and for how long that holds.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ApiKeyIdentity")]
internal sealed record ApiKeyIdentity
{
    /// <summary>The longest time that an answer counts.</summary>
    public static readonly TimeSpan MaxLeaseDuration = TimeSpan.FromSeconds(1);

    /// <summary>The workspace the key acts in.</summary>
    [Id(0)]
    public required string Workspace { get; init; }

    /// <summary>What it may do.</summary>
    [Id(1)]
    public required Role Role { get; init; }

    /// <summary>The only models it may call, by id; empty for all.</summary>
    [Id(2)]
    public required ImmutableArray<string> ModelIds { get; init; }

    /// <summary>For how long after the question the answer counts, and nobody needs to ask again.</summary>
    [Id(3)]
    public TimeSpan LeaseDuration { get; init; }

    /// <summary>The name of the key; null from a node of the release before.</summary>
    [Id(4)]
    public string? Name { get; init; }
}

/// <summary>An API key, without its secret.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ApiKeyView")]
public sealed record ApiKeyView
{
    /// <summary>Names the key; the part behind <c>ork_</c>.</summary>
    [Id(0)]
    public required string Prefix { get; init; }

    /// <summary>Its purpose.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The workspace it acts in.</summary>
    [Id(2)]
    public required string Workspace { get; init; }

    /// <summary>Its role.</summary>
    [Id(3)]
    public required Role Role { get; init; }

    /// <summary>The only models it may call, by id; empty for all. Only keys of role invoker are limited.</summary>
    [Id(4)]
    public required ImmutableArray<string> ModelIds { get; init; }

    /// <summary>From when on it is not taken any more, or null.</summary>
    [Id(5)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The instant at which it was made.</summary>
    [Id(6)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller who made it.</summary>
    [Id(7)]
    public required string CreatedBy { get; init; }

    /// <summary>The instant at which it was revoked, or null.</summary>
    [Id(8)]
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The caller who revoked it, or null.</summary>
    [Id(9)]
    public string? RevokedBy { get; init; }

    /// <summary>The hour in which it was last used, or null when it never was.</summary>
    [Id(10)]
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The name of the key of who made it, or null for a caller who has none.</summary>
    [Id(12)]
    public string? CreatedByName { get; init; }

    /// <summary>The name of the key of who revoked it, or null.</summary>
    [Id(13)]
    public string? RevokedByName { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(11)]
    internal ExtensionData? ExtensionData { get; set; }
}

/// <summary>Makes an API key.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CreateApiKeyCommand")]
internal sealed record CreateApiKeyCommand
{
    /// <summary>Who, until when.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The keyed hash of the whole key, 32 bytes.</summary>
    [Id(1)]
    public required ImmutableArray<byte> Hash { get; init; }

    /// <summary>What it is for, 1 to 128 characters.</summary>
    [Id(2)]
    public required string Name { get; init; }

    /// <summary>The workspace it acts in.</summary>
    [Id(3)]
    public required string Workspace { get; init; }

    /// <summary>What it may do.</summary>
    [Id(4)]
    public required Role Role { get; init; }

    /// <summary>The only models it may call, by id, at most 100; empty for all.</summary>
    [Id(5)]
    public ImmutableArray<string> ModelIds { get; init; } = [];

    /// <summary>From when on it is not taken any more, or null.</summary>
    [Id(6)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The fingerprint of the secret that the hash is under; null from a node of the release before.</summary>
    [Id(7)]
    public string? HashSecret { get; init; }
}

/// <summary>Revokes an API key.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RevokeApiKeyCommand")]
internal sealed record RevokeApiKeyCommand
{
    /// <summary>Who, until when.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The workspace the key must act in, or null for any.</summary>
    [Id(1)]
    public string? Workspace { get; init; }

    /// <summary>The highest role the key may have: nobody revokes what is above them.</summary>
    [Id(2)]
    public required Role MaxRole { get; init; }
}

/// <summary>Puts a new API key in the place of one.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RotateApiKeyCommand")]
internal sealed record RotateApiKeyCommand
{
    /// <summary>How long both keys count unless the command says otherwise: a day.</summary>
    public const int DefaultOverlapSeconds = 86_400;

    /// <summary>The longest that both keys may count: 30 days.</summary>
    public const int MaxOverlapSeconds = 30 * 86_400;

    /// <summary>Who, until when.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The workspace the key must act in, or null for any.</summary>
    [Id(1)]
    public string? Workspace { get; init; }

    /// <summary>The highest role the key may have: nobody makes a key above them.</summary>
    [Id(2)]
    public required Role MaxRole { get; init; }

    /// <summary>The prefix of the new key.</summary>
    [Id(3)]
    public required string NewPrefix { get; init; }

    /// <summary>The keyed hash of the whole new key, 32 bytes.</summary>
    [Id(4)]
    public required ImmutableArray<byte> NewHash { get; init; }

    /// <summary>How long both keys count, in seconds.</summary>
    [Id(5)]
    public required int OverlapSeconds { get; init; }

    /// <summary>The fingerprint of the secret that the new hash is under; null from a node of the release before.</summary>
    [Id(6)]
    public string? NewHashSecret { get; init; }
}

/// <summary>Stores a key's hash under another secret.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RehashApiKeyCommand")]
internal sealed record RehashApiKeyCommand
{
    /// <summary>The hash that the key has, 32 bytes.</summary>
    [Id(0)]
    public required ImmutableArray<byte> Known { get; init; }

    /// <summary>The fingerprint of the secret that it is under.</summary>
    [Id(1)]
    public required string KnownSecret { get; init; }

    /// <summary>The hash of the same key under the other secret, 32 bytes.</summary>
    [Id(2)]
    public required ImmutableArray<byte> Hash { get; init; }

    /// <summary>The fingerprint of that one.</summary>
    [Id(3)]
    public required string HashSecret { get; init; }
}
