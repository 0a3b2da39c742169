using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Webhooks: where events are sent to.</summary>
internal static class WebhookEndpoints
{
    private const string Webhooks = "webhooks";
    private const string Webhook = Webhooks + "/{id}";

    private static readonly RequestParameter From =
        RequestParameter.Number("from", "The id of the first event that is to be delivered; required.", 1);

    private static readonly IReadOnlyList<string> OfRow = [ErrorCode.WebhookNotFound, ErrorCode.StateCorrupt];

    private static readonly IReadOnlyList<string> OfBody =
        [ErrorCode.ModelNotFound, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.StateCorrupt];

    /// <summary>Maps the routes.</summary>
    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var webhooks = routes.MapGroup("")
            .WithTags("Webhooks")
            .DescribePath(new PathParameter("id", "The webhook's id."))
            .RequirePermission(Permission.Administer)
            .AcceptsParameters();
        webhooks.MapGet(Webhooks, ListWebhooks).WithName("list_webhooks");
        webhooks.MapPost(Webhooks, CreateWebhook)
            .WithName("create_webhook")
            .ProducesCreated<WebhookSecretView>()
            .ProducesErrors([.. OfBody, ErrorCode.TooManyWebhooks]);
        webhooks.MapGet(Webhook, GetWebhook).WithName("get_webhook").ProducesErrors(OfRow);
        webhooks.MapPatch(Webhook, PatchWebhook).WithName("patch_webhook").ProducesErrors([.. OfBody, ErrorCode.WebhookNotFound]);
        webhooks.MapDelete(Webhook, DeleteWebhook)
            .WithName("delete_webhook")
            .AcceptsParameters(CommonParameters.Comment)
            .ProducesErrors(OfRow);
        webhooks.MapPost(Webhook + "/rotate_secret", RotateSecret)
            .WithName("rotate_webhook_secret")
            .AcceptsParameters(CommonParameters.Comment)
            .ProducesErrors(OfRow);
        webhooks.MapPost(Webhook + "/redeliver", Redeliver)
            .WithName("redeliver")
            .AcceptsParameters(From, CommonParameters.Comment)
            .ProducesErrors([.. OfRow, ErrorCode.HistoryRemoved]);
        webhooks.MapGet(Webhook + "/deliveries", ListDeliveries).WithName("list_deliveries").ProducesErrors(OfRow);
    }

    /// <summary>Lists the webhooks, oldest first; all on one page.</summary>
    public static async Task<Answer<Page<WebhookView>>> ListWebhooks(RequestCaller caller, IWebhookCatalog webhooks, CancellationToken cancellationToken) =>
        new Page<WebhookView>(await webhooks.List(caller.Workspace, cancellationToken), null);

    /// <summary>Makes a webhook, which is told of what happens from now on, and answers the secret that deliveries are signed with. It is shown only this once.</summary>
    public static async Task<Answer<WebhookSecretView>> CreateWebhook(
        CommandReceipt receipt,
        RequestBody<CreateWebhookRequest> body,
        RequestCaller caller,
        IWebhookCatalog webhooks,
        ModelDirectory directory,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var model = await FindModel(caller, body.Value.Model, directory, cancellationToken);
        if (body.Value.Model is { } named && model is null)
        {
            return ModelDirectory.NotFound(named);
        }

        if ((await webhooks.List(caller.Workspace, cancellationToken)).Length >= IWebhookCatalog.MaxWebhooks)
        {
            return new RegistryError(ErrorCode.TooManyWebhooks, $"A workspace may have {IWebhookCatalog.MaxWebhooks} webhooks; delete one first.");
        }

        var id = ModelId.New();
        var outcome = await Grain(grains, caller, id).Create(body.Value.ToCommand(receipt.By(caller, body.Value), model?.Id));
        return outcome.TryGet(out var made, out var error) ? Answer<WebhookSecretView>.Of(made, location: $"/v1/{Webhooks}/{id}") : error;
    }

    /// <summary>Reads a webhook: also how far it has come, and whether deliveries fail.</summary>
    public static Task<Answer<WebhookView>> GetWebhook(string id, RequestCaller caller, IGrainFactory grains) =>
        Ask(id, caller, grains, webhook => webhook.Get());

    /// <summary>Changes a webhook, by JSON merge patch.</summary>
    public static async Task<Answer<WebhookView>> PatchWebhook(
        CommandReceipt receipt,
        string id,
        RequestBody<PatchWebhookRequest> body,
        RequestCaller caller,
        ModelDirectory directory,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var model = await FindModel(caller, body.Value.Model, directory, cancellationToken);
        return body.Value.Model is { } named && model is null
            ? ModelDirectory.NotFound(named)
            : await Ask(id, caller, grains, webhook => webhook.Patch(body.Value.ToCommand(receipt.By(caller, body.Value), body.Fields, model?.Id)));
    }

    /// <summary>Deletes a webhook, and answers what it was. Nothing is sent to it any more.</summary>
    public static Task<Answer<WebhookView>> DeleteWebhook(CommandReceipt receipt, string id, RequestCaller caller, IGrainFactory grains) =>
        Ask(id, caller, grains, webhook => webhook.Delete(new WebhookCommand { Context = receipt.By(caller) }));

    /// <summary>Draws a new secret. For a day, deliveries are signed with the one before it too.</summary>
    public static Task<Answer<WebhookSecretView>> RotateSecret(CommandReceipt receipt, string id, RequestCaller caller, IGrainFactory grains) =>
        Ask(id, caller, grains, webhook => webhook.RotateSecret(new WebhookCommand { Context = receipt.By(caller) }));

    /// <summary>Delivers an event and all behind it, again or for the first time.</summary>
    public static async Task<Answer<WebhookView>> Redeliver(
        CommandReceipt receipt, string id, HttpRequest request, RequestCaller caller, IGrainFactory grains) =>
        From.ValueIn(request) is { } from
            ? await Ask(
                id,
                caller,
                grains,
                webhook => webhook.Redeliver(new RedeliverCommand { Context = receipt.By(caller), From = long.Parse(from, CultureInfo.InvariantCulture) }))
            : RegistryError.Invalid(From.Name, "is required");

    /// <summary>Lists the last attempts to deliver, newest first.</summary>
    public static Task<Answer<DeliveryList>> ListDeliveries(string id, RequestCaller caller, IGrainFactory grains) =>
        Ask(id, caller, grains, webhook => webhook.ListDeliveries());

    private static async Task<Answer<T>> Ask<T>(string id, RequestCaller caller, IGrainFactory grains, Func<IWebhookGrain, Task<Outcome<T>>> ask)
        where T : class
    {
        if (!ModelId.IsWellFormed(id))
        {
            return new RegistryError(ErrorCode.WebhookNotFound, $"There is no webhook '{id}'.");
        }

        var outcome = await ask(Grain(grains, caller, id));
        return outcome.TryGet(out var answer, out var error) ? answer : error;
    }

    private static async Task<ModelView?> FindModel(RequestCaller caller, string? model, ModelDirectory directory, CancellationToken cancellationToken) =>
        model is null ? null : (await directory.Read(caller.Workspace, model, cancellationToken))?.Model;

    private static IWebhookGrain Grain(IGrainFactory grains, RequestCaller caller, string id) =>
        grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook(caller.Workspace, id));
}
