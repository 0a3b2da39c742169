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
    WebhookSeal seal,
    ISiloLease lease,
    TimeProvider clock,
    ILogger<WebhookGrain> logger)
    : IGrainBase, IWebhookGrain, IPerhapsUnknown, IDisposable
{
    private readonly CommandRow<WebhookRow> _row = new(storage, StorageNames.Webhook, context, clock, logger);
    private readonly (string Workspace, string Id) _key = GrainKeys.Split(context.GrainId.Key.ToString()!);
    private readonly CancellationTokenSource _stop = new();
    private Task _delivering = Task.CompletedTask;

    // Of what lies behind the cursor: what has been told already, and up to where nothing else is to be told.
    private HashSet<long> _told = [];
    private long _seen;

    public IGrainContext GrainContext => context;

    public bool IsUnknown => _row.IsUnknown;

    private WebhookRow? Present => PresentOf(_row.Value);

    public async Task<Outcome<WebhookSecretView>> Create(CreateWebhookCommand command)
    {
        var reached = await catalog.FindLastPosition(CancellationToken.None);
        var now = clock.GetInstant();
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
                CreatedByName = command.Context.ActorName,
            },
            Secrets = [new WebhookSecret { Value = secret }],
        }, row => WebhookEvents.Created(row.Webhook));
        return outcome.TryGet(out var row, out var error) ? new WebhookSecretView { Webhook = row.Webhook, Secret = secret } : error;
    }

    public async Task<Outcome<WebhookView>> Get()
    {
        await _row.Read();
        return Present is { } row ? row.Webhook : NotFound();
    }

    public async Task<Outcome<WebhookView>> Patch(PatchWebhookCommand command) => View(await ChangePresent(
        command.Context,
        row => row with
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
        },
        WebhookEvents.Updated(_key.Id, [.. Fields(command)])));

    public async Task<Outcome<WebhookView>> Delete(WebhookCommand command)
    {
        var before = await Get();
        if (!before.TryGet(out var last, out var missing))
        {
            return missing;
        }

        var outcome = await ChangePresent(command.Context, row => row.Deleted(clock.GetInstant()), WebhookEvents.Deleted(_key.Id));
        return outcome.TryGet(out _, out var error) ? last : error;
    }

    public async Task<Outcome<WebhookSecretView>> RotateSecret(WebhookCommand command)
    {
        var now = clock.GetInstant();
        var secret = WebhookSignature.NewSecret();
        var outcome = await ChangePresent(command.Context, row => row.With(secret, now), WebhookEvents.Updated(_key.Id, "secret"));
        return outcome.TryGet(out var row, out var error)
            ? new WebhookSecretView { Webhook = row.Webhook, Secret = secret, PreviousSecretExpiresAt = now + WebhookRow.KeepSecrets }
            : error;
    }

    public async Task<Outcome<WebhookView>> Redeliver(RedeliverCommand command)
    {
        await _row.Read();
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
        await _row.Read();
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

    public void Dispose() => _stop.Dispose();

    /// <summary>Changes the webhook on a command's behalf, if there is one.</summary>
    private Task<Outcome<WebhookRow>> ChangePresent(CommandContext command, Func<WebhookRow, WebhookRow> change, EventDraft what) =>
        Change(command, row => PresentOf(row) is { } present ? change(present) : NotFound(), _ => what);

    /// <summary>Changes the row on a command's behalf, and has deliveries go on.</summary>
    private async Task<Outcome<WebhookRow>> Change(
        CommandContext command, Func<WebhookRow?, Outcome<WebhookRow>> change, Func<WebhookRow, EventDraft> what)
    {
        var outcome = await _row.Change(command, Closed, next => [what(next).By(command, clock.GetInstant())]);
        if (outcome.Error is null)
        {
            await Touch();
        }

        return outcome;

        Outcome<WebhookRow> Closed(WebhookRow? row) => change(row).TryGet(out var next, out var error) ? seal.Close(next) : error;
    }

    /// <summary>Stores how deliveries went. A webhook that was deleted meanwhile stays so.</summary>
    private async Task<WebhookRow> Keep(Func<WebhookRow, WebhookRow> change) =>
        (await _row.Note(row => row.DeletedAt is null ? seal.Close(change(row)) : row))!;

    private static WebhookRow? PresentOf(WebhookRow? row) => row is { DeletedAt: null } ? row : null;

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
