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
    private static readonly TimeSpan UseIsNoted = TimeSpan.FromHours(1);
    private static readonly TimeSpan DoubtInterval = TimeSpan.FromSeconds(1);
    private static readonly byte[] NoHash = new byte[SHA256.HashSizeInBytes];

    private readonly StateRow<ApiKeyState> _row = new(storage, StorageNames.ApiKey, context.GrainId);
    private readonly string _prefix = GrainKeys.Split(context.GrainId.Key.ToString()!).Id;
    private bool _isConfirmed;
    private bool _isNoting;
    private Authentic? _authentic;
    private DateTimeOffset? _revocationInDoubtUntil;
    private IGrainTimer? _doubtTimer;

    // An activation before this one may have given a lease just now.
    private long _leasedAt = clock.GetTimestamp();

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _isConfirmed && _row.Value is null;

    public async Task OnActivateAsync(CancellationToken cancellationToken) => await Confirm();

    public Task<ApiKeyIdentity?> Authenticate(ImmutableArray<byte> hash)
    {
        var now = clock.GetUtcNow();
        var known = _authentic;
        var isIt = CryptographicOperations.FixedTimeEquals(known?.Hash ?? NoHash, hash.AsSpan());
        if (!isIt || known is null || known.RevokedAt is not null || known.ExpiresAt <= now || _revocationInDoubtUntil is not null)
        {
            return Task.FromResult<ApiKeyIdentity?>(null);
        }

        if (!_isNoting && !(now - known.LastUsedAt < UseIsNoted))
        {
            _isNoting = true;
            _ = grains.GetGrain<IApiKeyGrain>(context.GrainId.Key.ToString()!).NoteUse();
        }

        _leasedAt = clock.GetTimestamp();
        return Task.FromResult<ApiKeyIdentity?>(
            known.ExpiresAt - now is { } left && left < ApiKeyIdentity.HoldsAtMost ? known.Identity with { HoldsFor = left } : known.Identity);
    }

    public async Task<Outcome<ApiKeyView>> Create(CreateApiKeyCommand command)
    {
        var now = Now();
        if (CommandValidation.Validate(command, now) is { IsEmpty: false } problems)
        {
            return RegistryError.Invalid(problems.AsSpan());
        }

        var workspace = await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(command.Workspace)).Get();
        if (!workspace.TryGet(out _, out var missing))
        {
            return missing;
        }

        await Confirm();
        var hash = Convert.ToBase64String(command.Hash.AsSpan());
        if (_row.Value is { } present)
        {
            // The same key again: an earlier try has come through. Another key with the same prefix is as good as impossible.
            return present.Hash == hash ? present.Key : StoreErrors.Unavailable();
        }

        var next = new ApiKeyState
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
            },
            Hash = hash,
            LastCommand = command.Context.CommandId,
        };
        return await Store(next, command.Context, AccessEvents.ApiKeyCreated(next.Key));
    }

    public async Task<Outcome<ApiKeyView>> Revoke(RevokeApiKeyCommand command)
    {
        if (!(await Find(command.Workspace, command.MostRole, "revoked")).TryGet(out var row, out var refusal))
        {
            return refusal;
        }

        if (row.Key.RevokedAt is not null)
        {
            await LeasesLapse();
            return row.Key;
        }

        var next = row with
        {
            Key = row.Key with { RevokedAt = Now(), RevokedBy = command.Context.Actor },
            LastCommand = command.Context.CommandId,
        };
        _revocationInDoubtUntil = command.Context.Deadline;
        try
        {
            var revoked = await Store(next, command.Context, AccessEvents.ApiKeyRevoked(next.Key));
            if (revoked.Error is null)
            {
                await LeasesLapse();
            }

            return revoked;
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
        if (CommandValidation.Validate(command) is { IsEmpty: false } problems)
        {
            return RegistryError.Invalid(problems.AsSpan());
        }

        if (!(await Find(command.Workspace, command.MostRole, "rotated")).TryGet(out var row, out var refusal))
        {
            return refusal;
        }

        var now = Now();
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
        var next = row with
        {
            Key = old with { ExpiresAt = old.ExpiresAt < end ? old.ExpiresAt : end },
            Rotated = new RotatedKeyState { ExpiresAt = ownEnd },
            LastCommand = command.Context.CommandId,
        };
        if ((await Store(next, command.Context, AccessEvents.ApiKeyRotated(next.Key, successor.Prefix))).Error is { } failed)
        {
            return failed;
        }

        if (end - now < ApiKeyIdentity.HoldsAtMost)
        {
            await LeasesLapse();
        }

        return successor;
    }

    public async Task NoteUse()
    {
        try
        {
            await Confirm();
            if (_row.Value is { Key.RevokedAt: null } row)
            {
                var now = Now();
                var next = row with { Key = row.Key with { LastUsedAt = now.AddTicks(-(now.Ticks % UseIsNoted.Ticks)) } };
                _isConfirmed = false;
                await _row.Write(next, next);
                Confirmed();
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

    /// <summary>The doubt ends when the row says that the key is revoked, or when it doesn't and can't come to say so any more.</summary>
    private void EndDoubt()
    {
        if (_isConfirmed && (_row.Value?.Key.RevokedAt is not null || clock.GetUtcNow() > _revocationInDoubtUntil))
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
            _isConfirmed = false;
            await Confirm();
            EndDoubt();
        }
        catch (RegistryUnavailableException)
        {
            // The next tick looks again.
        }
    }

    /// <summary>The key's row, for a command that may be meant for another workspace's, or for one above the caller.</summary>
    private async Task<Outcome<ApiKeyState>> Find(string? workspace, Role mostRole, string what)
    {
        await Confirm();
        return _row.Value is not { } row || (workspace is not null && workspace != row.Key.Workspace)
            ? new RegistryError(ErrorCode.ApiKeyNotFound, $"There is no API key '{_prefix}'.")
            : row.Key.Role > mostRole
            ? new RegistryError(ErrorCode.Forbidden, $"A key can be {what} by its own role and those above it.")
            : row;
    }

    private async Task<Outcome<ApiKeyView>> Store(ApiKeyState next, CommandContext command, EventDraft what)
    {
        if (command.Deadline - clock.GetUtcNow() < CommandContext.StatementTimeout)
        {
            return StoreErrors.Unavailable();
        }

        _isConfirmed = false;
        var written = next with { Events = [what.By(command, Now(), next.Key.Workspace)], NotAfter = command.Deadline };
        try
        {
            await _row.Write(written, next);
            Confirmed();
        }
        catch (RegistryUnavailableException)
        {
            // The row says whether it was stored after all; while it can't be read, the next call asks it again.
            await Confirm();
        }

        if (_row.Value?.LastCommand != next.LastCommand)
        {
            return StoreErrors.Unavailable();
        }

        logger.LogStored(context.GrainId.Key, written.Events);
        return next.Key;
    }

    /// <summary>Reads the row on first use, and again after a write whose outcome is unknown.</summary>
    private async Task Confirm()
    {
        if (!_isConfirmed)
        {
            await _row.Read();
            Confirmed();
        }
    }

    private void Confirmed()
    {
        _isConfirmed = true;
        _authentic = _row.Value is not { } row
            ? null
            : new Authentic(
                Convert.FromBase64String(row.Hash),
                new ApiKeyIdentity { Workspace = row.Key.Workspace, Role = row.Key.Role, ModelIds = row.Key.ModelIds, HoldsFor = ApiKeyIdentity.HoldsAtMost },
                row.Key.ExpiresAt,
                row.Key.RevokedAt,
                row.Key.LastUsedAt);
    }

    /// <summary>Waits until no gateway takes the key for valid. None is told so any more when this begins.</summary>
    private async Task LeasesLapse()
    {
        while (ApiKeyIdentity.HoldsAtMost - clock.GetElapsedTime(_leasedAt) is { Ticks: > 0 } left)
        {
            await Task.Delay(left + TimeSpan.FromMilliseconds(1), clock);
        }
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>What callers are compared with.</summary>
    private sealed record Authentic(byte[] Hash, ApiKeyIdentity Identity, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt);
}
