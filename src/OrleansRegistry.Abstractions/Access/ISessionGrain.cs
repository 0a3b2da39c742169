using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// A browser's session. It knows a keyed hash of its secret, not the secret. Key: <see cref="GrainKeys.Session"/>.
/// </summary>
[Alias("OrleansRegistry.ISessionGrain")]
internal interface ISessionGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>Begins the session. Beginning it again with the same hash changes nothing.</summary>
    /// <exception cref="RegistryUnavailableException">It is not known to be stored.</exception>
    [Alias("Begin")]
    Task Begin(BeginSessionCommand command);

    /// <summary>
    /// The key that has signed in, or null when the session is unknown, has ended or is another one.
    /// </summary>
    /// <param name="hash">The keyed hash of the text that is shown.</param>
    /// <param name="isUse">Whether the session is used by it: a person has opened a page or sent a form.</param>
    [AlwaysInterleave, ReadOnly, ResponseTimeout(GrainCalls.ReadTimeout)]
    [Alias("Authenticate")]
    Task<SessionIdentity?> Authenticate(ImmutableArray<byte> hash, bool isUse);

    /// <summary>
    /// Ends the session. Once this has answered, no gateway takes it any more: it waits until every answer to
    /// <see cref="Authenticate"/> has lapsed.
    /// </summary>
    /// <returns>Whether there was such a session.</returns>
    /// <exception cref="RegistryUnavailableException">It is not known to be stored.</exception>
    [Alias("End")]
    Task<bool> End();

    /// <summary>Stores that the session was used.</summary>
    [Alias("NoteUse")]
    Task NoteUse();
}

/// <summary>Begins a session.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.BeginSessionCommand")]
internal sealed record BeginSessionCommand
{
    /// <summary>The keyed hash of the session's text, 32 bytes.</summary>
    [Id(0)]
    public required ImmutableArray<byte> Hash { get; init; }

    /// <summary>The keyed hash of the key that signs in, 32 bytes.</summary>
    [Id(1)]
    public required ImmutableArray<byte> KeyHash { get; init; }

    /// <summary>The longest time that it lasts.</summary>
    [Id(2)]
    public required TimeSpan Lifetime { get; init; }

    /// <summary>The longest time that it lasts without a use.</summary>
    [Id(3)]
    public required TimeSpan IdleTimeout { get; init; }
}

/// <summary>Whose session it is, and for how long that holds.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.SessionIdentity")]
internal sealed record SessionIdentity
{
    /// <summary>The keyed hash of the key that signed in, 32 bytes. What it may do the key's own grain says.</summary>
    [Id(0)]
    public required ImmutableArray<byte> KeyHash { get; init; }

    /// <summary>The time after the question for which nobody needs to ask again.</summary>
    [Id(1)]
    public required TimeSpan LeaseDuration { get; init; }
}

/// <summary>A session as its owner sees it.</summary>
internal sealed record SessionView
{
    /// <summary>Names the session among those of its key.</summary>
    public required string Id { get; init; }

    /// <summary>The instant of the sign-in.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The instant at which it ends at the latest.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The instant of the last use that was stored.</summary>
    public required DateTimeOffset LastUsedAt { get; init; }
}
