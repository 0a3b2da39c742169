using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.Cluster;
using OrleansRegistry.Events;
using OrleansRegistry.State;

namespace OrleansRegistry.Webhooks;

/// <inheritdoc cref="IWebhookGrain"/>
/// <remarks>
/// Deliveries go on beside the commands, in turns of the same activation. Both change the row, one after the other: each change is a
/// function of the row as it then is.
/// </remarks>
internal sealed partial class WebhookGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IRegistryCatalog catalog,
    WebhookSender sender,
    ISiloLease lease,
    TimeProvider clock,
    ILogger<WebhookGrain> logger)
    : IGrainBase, IWebhookGrain, IPerhapsUnknown, IDisposable
{
    private readonly StateRow<WebhookRow> _row = new(storage, StorageNames.Webhook, context.GrainId);
    private readonly (string Workspace, string Id) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private bool _isConfirmed;
    private Task _delivering = Task.CompletedTask;

    // Of what lies behind the cursor: what has been told already, and up to where nothing else is to be told.
    private HashSet<long> _told = [];
    private long _seen;

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _isConfirmed && _row.Value is null;

    private WebhookRow? Present => _row.Value is { DeletedAt: null } row ? row : null;

    public async Task<Outcome<WebhookSecretView>> Create(CreateWebhookCommand command)
    {
        if (CommandValidation.Validate(command) is { IsEmpty: false } problems)
        {
            return RegistryError.Invalid(problems.AsSpan());
        }

        var reached = await catalog.FindLastPosition(CancellationToken.None);
        var now = Now();
        var secret = WebhookSignature.NewSecret();
        var outcome = await Change(command.Context, _ => new WebhookRow
        {
            Webhook = new WebhookView
            {
                Id = _key.Id,
                Url = command.Url,
                Types = command.Types,
                ModelId = command.ModelId,
                Description = command.Description,
                State = WebhookState.Enabled,
                LastEventId = Text(reached),
                CreatedAt = now,
                CreatedBy = command.Context.Actor,
            },
            Secrets = [new WebhookSecret { Value = secret }],
            LastCommand = command.Context.CommandId,
        }, row => WebhookEvents.Created(row.Webhook));
        return outcome.TryGet(out var row, out var error) ? new WebhookSecretView { Webhook = row.Webhook, Secret = secret } : error;
    }

    public async Task<Outcome<WebhookView>> Get()
    {
        await Confirm();
        return Present is { } row ? row.Webhook : NotFound();
    }

    public async Task<Outcome<WebhookView>> Patch(PatchWebhookCommand command) =>
        CommandValidation.Validate(command) is { IsEmpty: false } problems
            ? RegistryError.Invalid(problems.AsSpan())
            : View(await ChangePresent(command.Context, row => row with
            {
                // Whatever is changed may be what was wrong. What it asks for now it is told from here on.
                Failures = 0,
                Webhook = row.Webhook with
                {
                    LastEventId = Text(Math.Max(_seen, Position(row.Webhook.LastEventId))),
                    Url = command.Url ?? row.Webhook.Url,
                    Types = command.Types ?? row.Webhook.Types,
                    ModelId = command.ModelId.Or(row.Webhook.ModelId),
                    Description = command.Description.Or(row.Webhook.Description),
                    State = command.State ?? row.Webhook.State,
                    DisabledReason = command.State is null ? row.Webhook.DisabledReason : null,
                    FailingSince = null,
                    NextAttemptAt = null,
                },
            }, WebhookEvents.Updated(_key.Id, [.. Fields(command)])));

    public async Task<Outcome<WebhookView>> Delete(WebhookCommand command)
    {
        var before = await Get();
        if (!before.TryGet(out var last, out var missing))
        {
            return missing;
        }

        var outcome = await ChangePresent(command.Context, row => row.Deleted(Now()), WebhookEvents.Deleted(_key.Id));
        return outcome.TryGet(out _, out var error) ? last : error;
    }

    public async Task<Outcome<WebhookSecretView>> RotateSecret(WebhookCommand command)
    {
        var now = Now();
        var secret = WebhookSignature.NewSecret();
        var outcome = await ChangePresent(command.Context, row => row.With(secret, now), WebhookEvents.Updated(_key.Id, "secret"));
        return outcome.TryGet(out var row, out var error)
            ? new WebhookSecretView { Webhook = row.Webhook, Secret = secret, PreviousSecretExpiresAt = now + WebhookRow.KeepSecrets }
            : error;
    }

    public async Task<Outcome<WebhookView>> Redeliver(RedeliverCommand command)
    {
        await Confirm();
        var range = await catalog.FindEventRange(_key.Workspace, Present?.Webhook.ModelId, CancellationToken.None);
        if (command.From < 1 || command.From > range.Last)
        {
            return RegistryError.Invalid("from", "must be the id of an event");
        }

        if (range.Refusal("from", command.From - 1) is { } refusal)
        {
            return refusal;
        }

        return View(await ChangePresent(command.Context, row =>
        {
            (_told, _seen) = ([], 0);
            return row with
            {
                Failures = 0,
                Webhook = row.Webhook with { LastEventId = Text(command.From - 1), FailingSince = null, NextAttemptAt = null },
            };
        }, WebhookEvents.Updated(_key.Id, "last_event_id")));
    }

    public async Task<Outcome<DeliveryList>> ListDeliveries()
    {
        await Confirm();
        return Present is { } row ? new DeliveryList { Deliveries = row.With(_round?.Unstored.Except(row.Deliveries) ?? []).Deliveries } : NotFound();
    }

    public Task Touch()
    {
        if (_delivering.IsCompleted && !_stop.IsCancellationRequested)
        {
            _delivering = Deliver(_stop.Token);
        }

        return Task.CompletedTask;
    }

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _delivering;
    }

    public void Dispose()
    {
        _stop.Dispose();
        _changing.Dispose();
    }

    /// <summary>Changes the row on a command's behalf, if there is a webhook, and has deliveries go on.</summary>
    private async Task<Outcome<WebhookRow>> ChangePresent(CommandContext command, Func<WebhookRow, WebhookRow> change, EventDraft what)
    {
        await Confirm();
        if (Present is null)
        {
            return NotFound();
        }

        return await Change(command, row => change(row!) with { LastCommand = command.CommandId }, _ => what);
    }

    private async Task<Outcome<WebhookRow>> Change(CommandContext command, Func<WebhookRow?, WebhookRow> change, Func<WebhookRow, EventDraft> what)
    {
        await _changing.WaitAsync();
        try
        {
            await Read();
            if (command.Deadline - clock.GetUtcNow() < CommandContext.StatementTimeout)
            {
                return StoreErrors.Unavailable();
            }

            var next = change(_row.Value);
            var written = next with { Events = [what(next).By(command, Now())], NotAfter = command.Deadline };
            try
            {
                await Store(written, next);
            }
            catch (RegistryUnavailableException)
            {
                // The row says whether it was stored after all; while it can't be read, the next call asks it again.
                await Read();
            }

            if (_row.Value is not { } row || row.LastCommand != command.CommandId)
            {
                return StoreErrors.Unavailable();
            }

            logger.LogStored(context.GrainId.Key, written.Events);
            await Touch();
            return row;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Stores how deliveries went. A webhook that was deleted meanwhile stays so.</summary>
    private async Task<WebhookRow> Keep(Func<WebhookRow, WebhookRow> change)
    {
        await _changing.WaitAsync();
        try
        {
            await Read();
            if (Present is { } row)
            {
                var next = change(row);
                await Store(next, next);
            }

            return _row.Value!;
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task Store(WebhookRow written, WebhookRow kept)
    {
        try
        {
            await _row.Write(written, kept);
        }
        catch (RegistryUnavailableException)
        {
            _isConfirmed = false;
            throw;
        }
    }

    /// <summary>Reads the row on first use, and again after a write whose outcome is unknown; never beside a write.</summary>
    private async Task Confirm()
    {
        if (_isConfirmed)
        {
            return;
        }

        await _changing.WaitAsync();
        try
        {
            await Read();
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task Read()
    {
        if (!_isConfirmed)
        {
            await _row.Read();
            _isConfirmed = true;
        }
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    private RegistryError NotFound() => new(ErrorCode.WebhookNotFound, $"There is no webhook '{_key.Id}'.");

    private static IEnumerable<string> Fields(PatchWebhookCommand command)
    {
        (string Name, bool IsSet)[] fields =
        [
            ("url", command.Url is not null),
            ("types", command.Types is not null),
            ("model", command.ModelId.IsSet),
            ("description", command.Description.IsSet),
            ("state", command.State is not null),
        ];
        return fields.Where(field => field.IsSet).Select(field => field.Name);
    }

    private static Outcome<WebhookView> View(Outcome<WebhookRow> outcome) => outcome.TryGet(out var row, out var error) ? row.Webhook : error;

    private static long Position(string eventId) => long.Parse(eventId, System.Globalization.CultureInfo.InvariantCulture);

    private static string Text(long position) => position.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
