using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Access;

/// <inheritdoc cref="ISessionGrain"/>
/// <remarks>
/// Uses are stored now and then only: a silo that is lost takes up to a twelfth of the idle time with it, and the
/// session ends by so much earlier.
/// </remarks>
internal sealed class SessionGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage, IGrainContext context, IGrainFactory grains, TimeProvider clock)
    : IGrainBase, ISessionGrain, IPerhapsUnknown
{
    private const int NotesPerIdleTimeout = 12;

    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly StateRow<SessionState> _row = new(storage, StorageNames.Session, context.GrainId);
    private readonly IdentityLeases _leases = new(clock);
    private DateTimeOffset _usedAt;
    private bool _isNoting;
    private bool _isEnding;

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _row.Value is null;

    public Task OnActivateAsync(CancellationToken cancellationToken) => Read();

    public async Task Begin(BeginSessionCommand command)
    {
        var now = clock.GetInstant();
        var hash = Convert.ToBase64String(command.Hash.AsSpan());
        if (_row.Value?.Hash == hash)
        {
            return;
        }

        _usedAt = now;
        await Write(new SessionState
        {
            Hash = hash,
            KeyHash = Convert.ToBase64String(command.KeyHash.AsSpan()),
            CreatedAt = now,
            ExpiresAt = now + command.Lifetime,
            IdleSeconds = (int)command.IdleTimeout.TotalSeconds,
            LastUsedAt = now,
        });
    }

    public Task<SessionIdentity?> Authenticate(ImmutableArray<byte> hash, bool isUse)
    {
        var row = _row.Value;
        var isIt = CryptographicOperations.FixedTimeEquals(row is null ? NoHash : Convert.FromBase64String(row.Hash), hash.AsSpan());
        var now = clock.GetInstant();
        if (row is null || !isIt || _isEnding || row.End(_usedAt) <= now)
        {
            return Task.FromResult<SessionIdentity?>(null);
        }

        if (isUse)
        {
            _usedAt = now;
        }

        if (!_isNoting && _usedAt - row.LastUsedAt > TimeSpan.FromSeconds(row.IdleSeconds) / NotesPerIdleTimeout)
        {
            _isNoting = true;
            _ = grains.GetGrain<ISessionGrain>(context.GrainId.Key.ToString()!).NoteUse();
        }

        return Task.FromResult<SessionIdentity?>(new SessionIdentity
        {
            KeyHash = [.. Convert.FromBase64String(row.KeyHash)],
            LeaseDuration = _leases.Give(row.End(_usedAt)),
        });
    }

    public async Task<bool> End()
    {
        if (_row.Value is not { } row)
        {
            return false;
        }

        // Also while it is in doubt whether its end is stored.
        _isEnding = true;
        if (row.EndedAt is null)
        {
            await Write(row with { EndedAt = clock.GetInstant() });
        }

        await _leases.Lapse();
        return true;
    }

    public async Task NoteUse()
    {
        try
        {
            if (_row.Value is { EndedAt: null } row && _usedAt > row.LastUsedAt)
            {
                await Write(row with { LastUsedAt = _usedAt });
            }
        }
        catch (RegistryUnavailableException)
        {
            // The next use is noted instead.
        }
        finally
        {
            _isNoting = false;
        }
    }

    /// <summary>Writes the row. After a write whose outcome is unknown the row itself says what is stored.</summary>
    private async Task Write(SessionState next)
    {
        try
        {
            await _row.Write(next, next);
        }
        catch (RegistryUnavailableException)
        {
            await Read();
            if (_row.Value?.Hash != next.Hash || _row.Value.EndedAt != next.EndedAt)
            {
                throw;
            }
        }
    }

    private async Task Read()
    {
        await _row.Read();
        if (_row.Value is { } row && row.LastUsedAt > _usedAt)
        {
            _usedAt = row.LastUsedAt;
        }
    }
}
