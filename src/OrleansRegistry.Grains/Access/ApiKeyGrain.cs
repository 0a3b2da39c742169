using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.Events;
using OrleansRegistry.State;

namespace OrleansRegistry.Access;

/// <inheritdoc cref="IApiKeyGrain"/>
/// <remarks>
/// Callers are authenticated beside the commands, by the state that was last confirmed. A key that nobody made takes as long to refuse as one
/// that is another. Gateways take each answer for a lease, on their own clocks, that begins before they asked: a revocation is answered when
/// the last lease that was given has lapsed here too. While it is in doubt whether a revocation was stored, the key is refused.
/// </remarks>
internal sealed class ApiKeyGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IGrainFactory grains,
    TimeProvider clock,
    ILogger<ApiKeyGrain> logger)
    : IGrainBase, IApiKeyGrain, IPerhapsUnknown
{
    private static readonly TimeSpan UseInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan DoubtInterval = TimeSpan.FromSeconds(1);
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly CommandRow<ApiKeyState> _row = new(storage, StorageNames.ApiKey, context, clock, logger);
    private readonly IdentityLeases _leases = new(clock);
    private readonly string _prefix = GrainKeys.Split(context.GrainId.Key.ToString()!).Id;
    private bool _isNoting;
    private Authentic? _authentic;
    private DateTimeOffset? _revocationInDoubtUntil;
    private IGrainTimer? _doubtTimer;

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _row.IsUnknown;

    public Task OnActivateAsync(CancellationToken cancellationToken) => _row.Read();

    public Task<ApiKeyIdentity?> Authenticate(ImmutableArray<byte> hash)
    {
        var now = clock.GetUtcNow();
        var known = Known();
        var isIt = CryptographicOperations.FixedTimeEquals(known?.Hash ?? NoHash, hash.AsSpan())
            | CryptographicOperations.FixedTimeEquals(known?.OtherHash ?? NoHash, hash.AsSpan());
        if (!isIt || known?.Row.Key is not { RevokedAt: null } key || key.ExpiresAt <= now || _revocationInDoubtUntil is not null)
        {
            return Task.FromResult<ApiKeyIdentity?>(null);
        }

        if (!_isNoting && !(now - key.LastUsedAt < UseInterval))
        {
            _isNoting = true;
            _ = grains.GetGrain<IApiKeyGrain>(context.GrainId.Key.ToString()!).NoteUse();
        }

        var lease = _leases.Give(key.ExpiresAt);
        return Task.FromResult<ApiKeyIdentity?>(lease == known.Identity.LeaseDuration ? known.Identity : known.Identity with { LeaseDuration = lease });
    }

    public async Task<Outcome<ApiKeyView>> Create(CreateApiKeyCommand command)
    {
        var now = clock.GetInstant();
        var workspace = await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(command.Workspace)).Get();
        if (!workspace.TryGet(out _, out var missing))
        {
            return missing;
        }

        var hash = Convert.ToBase64String(command.Hash.AsSpan());
        var made = await _row.Change(
            command.Context,
            row => row switch
            {
                null => new ApiKeyState
                {
                    Key = new ApiKeyView
                    {
                        Prefix = _prefix,
                        Name = command.Name,
                        Workspace = command.Workspace,
                        Role = command.Role,
                        ModelIds = command.ModelIds,
                        ExpiresAt = command.ExpiresAt,
                        CreatedAt = now,
                        CreatedBy = command.Context.Actor,
                        CreatedByName = command.Context.ActorName,
                    },
                    Hash = hash,
                    HashSecret = command.HashSecret,
                },
                // The same key again: an earlier try has come through. Another key with the same prefix is as good as impossible.
                _ when row.Has(hash) => row,
                _ => StoreErrors.Unavailable(),
            },
            Happened(command.Context, AccessEvents.ApiKeyCreated));
        return View(made);
    }

    public async Task<Outcome<ApiKeyView>> Revoke(RevokeApiKeyCommand command)
    {
        if (!(await Find(command.Workspace, command.MaxRole, "revoked")).TryGet(out var row, out var refusal))
        {
            return refusal;
        }

        if (row.Key.RevokedAt is not null)
        {
            await _leases.Lapse();
            return row.Key;
        }

        _revocationInDoubtUntil = command.Context.Deadline;
        try
        {
            var revoked = await Change(
                command.Context,
                row => row with
                {
                    Key = row.Key with
                    {
                        RevokedAt = clock.GetInstant(),
                        RevokedBy = command.Context.Actor,
                        RevokedByName = command.Context.ActorName,
                    },
                },
                AccessEvents.ApiKeyRevoked);
            if (revoked.Error is null)
            {
                await _leases.Lapse();
            }

            return View(revoked);
        }
        finally
        {
            EndDoubt();
            if (_revocationInDoubtUntil is not null)
            {
                _doubtTimer ??= this.RegisterGrainTimer(OnDoubt, DoubtInterval, DoubtInterval);
            }
        }
    }

    public async Task<Outcome<ApiKeyView>> Rotate(RotateApiKeyCommand command)
    {
        if (!(await Find(command.Workspace, command.MaxRole, "rotated")).TryGet(out var row, out var refusal))
        {
            return refusal;
        }

        var now = clock.GetInstant();
        var old = row.Key;
        if (old.RevokedAt is not null || old.ExpiresAt <= now)
        {
            return new RegistryError(ErrorCode.ApiKeyEnded, $"API key '{_prefix}' was revoked or has expired; make a new one.");
        }

        // A rotation that is repeated, since its answer was lost, gives the same lifetime once more.
        var ownEnd = row.Rotated is { } before ? before.ExpiresAt : old.ExpiresAt;
        // The new one first: whatever becomes of this command, there is a key that counts.
        var made = await grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(command.NewPrefix)).Create(new CreateApiKeyCommand
        {
            Context = command.Context,
            Hash = command.NewHash,
            HashSecret = command.NewHashSecret,
            Name = old.Name,
            Workspace = old.Workspace,
            Role = old.Role,
            ModelIds = old.ModelIds,
            ExpiresAt = now + (ownEnd - old.CreatedAt),
        });
        if (!made.TryGet(out var successor, out refusal))
        {
            return refusal;
        }

        var end = now.AddSeconds(command.OverlapSeconds);
        var rotated = await Change(
            command.Context,
            row => row with
            {
                Key = row.Key with { ExpiresAt = old.ExpiresAt < end ? old.ExpiresAt : end },
                Rotated = (row.Rotated ?? new RotatedKeyState()) with { ExpiresAt = ownEnd },
            },
            key => AccessEvents.ApiKeyRotated(key, successor.Prefix));
        if (rotated.Error is { } failed)
        {
            return failed;
        }

        if (end - now < ApiKeyIdentity.MaxLeaseDuration)
        {
            await _leases.Lapse();
        }

        return successor;
    }

    public async Task Rehash(RehashApiKeyCommand command)
    {
        try
        {
            await _row.Note(row => row.Key.RevokedAt is null
                ? row.Rehashed(Text(command.Known), command.KnownSecret, Text(command.Hash), command.HashSecret)
                : row);
        }
        catch (RegistryUnavailableException)
        {
            // The next use does it.
        }

        static string Text(ImmutableArray<byte> hash) => Convert.ToBase64String(hash.AsSpan());
    }

    public async Task NoteUse()
    {
        try
        {
            var now = clock.GetUtcNow();
            var at = now.AddTicks(-(now.Ticks % UseInterval.Ticks));
            await _row.Note(row => row.Key.RevokedAt is null ? row with { Key = row.Key with { LastUsedAt = at } } : row);
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

    /// <summary>The doubt ends when the row says that the key is revoked, or when it doesn't and can't come to say so any more.</summary>
    private void EndDoubt()
    {
        if (_row.IsConfirmed && (_row.Value?.Key.RevokedAt is not null || clock.GetUtcNow() > _revocationInDoubtUntil))
        {
            _revocationInDoubtUntil = null;
            _doubtTimer?.Dispose();
            _doubtTimer = null;
        }
    }

    private async Task OnDoubt(CancellationToken cancellationToken)
    {
        try
        {
            await _row.Read(again: true);
            EndDoubt();
        }
        catch (RegistryUnavailableException)
        {
            // The next tick looks again.
        }
    }

    /// <summary>The key's row, for a command that may be meant for another workspace's, or for one above the caller.</summary>
    private async Task<Outcome<ApiKeyState>> Find(string? workspace, Role maxRole, string what)
    {
        return await _row.Read() is not { } row || (workspace is not null && workspace != row.Key.Workspace)
            ? new RegistryError(ErrorCode.ApiKeyNotFound, $"There is no API key '{_prefix}'.")
            : row.Key.Role > maxRole
            ? new RegistryError(ErrorCode.Forbidden, $"A key can be {what} by its own role and those above it.")
            : row;
    }

    /// <summary>Changes the row of a key that <see cref="Find"/> has found: rows of keys stay.</summary>
    private Task<Outcome<ApiKeyState>> Change(CommandContext command, Func<ApiKeyState, ApiKeyState> change, Func<ApiKeyView, EventDraft> what) =>
        _row.Change(command, row => change(row!), Happened(command, what));

    private Func<ApiKeyState, IReadOnlyList<EventWrite>> Happened(CommandContext command, Func<ApiKeyView, EventDraft> what) =>
        next => [what(next.Key).By(command, clock.GetInstant(), next.Key.Workspace)];

    private static Outcome<ApiKeyView> View(Outcome<ApiKeyState> outcome) => outcome.TryGet(out var row, out var error) ? row.Key : error;

    /// <summary>What callers are compared with, as the row last confirmed says it.</summary>
    private Authentic? Known()
    {
        if (!ReferenceEquals(_authentic?.Row, _row.Value))
        {
            _authentic = _row.Value is { } row ? new Authentic(row) : null;
        }

        return _authentic;
    }

    /// <summary>What callers are compared with.</summary>
    private sealed class Authentic(ApiKeyState row)
    {
        public ApiKeyState Row => row;

        public byte[] Hash { get; } = Convert.FromBase64String(row.Hash);

        /// <summary>The other hash, or the same again.</summary>
        public byte[] OtherHash { get; } = Convert.FromBase64String(row.OtherHash?.Value ?? row.Hash);

        public ApiKeyIdentity Identity { get; } = new()
        {
            Workspace = row.Key.Workspace,
            Role = row.Key.Role,
            ModelIds = row.Key.ModelIds,
            LeaseDuration = ApiKeyIdentity.MaxLeaseDuration,
            Name = row.Key.Name,
        };
    }
}
