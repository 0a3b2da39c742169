using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages.Access;

namespace OrleansRegistry.WebConsole.Pages.Webhooks;

/// <summary>The pages of webhooks.</summary>
internal static class WebhookPages
{
    private const string Heading = "Webhooks";
    private const string Tab = "webhooks";
    private const string Webhook = Links.Webhooks + "/{id}";

    /// <summary>Maps the routes.</summary>
    public static void MapWebhookPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Webhooks, List).RequirePermission(Permission.Administer);
        pages.MapGet(Links.Webhooks + "/new", New).RequirePermission(Permission.Administer);
        pages.MapPost(Links.Webhooks + "/new", Create).RequirePermission(Permission.Administer);
        pages.MapGet(Webhook, Show).RequirePermission(Permission.Administer);
        pages.MapGet(Webhook + "/edit", Edit).RequirePermission(Permission.Administer);
        pages.MapPost(Webhook + "/edit", Change).RequirePermission(Permission.Administer);
        pages.MapPost(Webhook + "/redeliver", Redeliver).RequirePermission(Permission.Administer);
        pages.MapGet(Webhook + "/rotate", ShowRotate).RequirePermission(Permission.Administer);
        pages.MapPost(Webhook + "/rotate", Rotate).RequirePermission(Permission.Administer);
        pages.MapGet(Webhook + "/delete", ShowDelete).RequirePermission(Permission.Administer);
        pages.MapPost(Webhook + "/delete", Delete).RequirePermission(Permission.Administer);
    }

    private static async Task<RazorComponentResult<WebhooksPage>> List(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var webhooks = (await api.Read<Page<WebhookView>>(context, "list_webhooks")).OrRefuse();
        return new RazorComponentResult<WebhooksPage>(new
        {
            User = ConsoleUser.Of(caller),
            Webhooks = (IReadOnlyList<WebhookView>)webhooks.Items,
            Receipt = Receipt.Take(context),
        });
    }

    private static RazorComponentResult<WebhookFormPage> New(RequestCaller caller) => Form(caller, null, FormView.Of());

    private static async Task<IResult> Create(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var form = await context.ReadForm();
        var made = await api.Send<WebhookSecretView>(context, HttpMethods.Post, "create_webhook", null, default, Body(form));
        if (made.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return Form(caller, null, FormView.Refused(form, refused));
        }

        return Secret(caller, made.Value!);
    }

    private static async Task<IResult> Show(HttpContext context, RequestCaller caller, RegistryApi api, string id) =>
        await WebhookPage(context, caller, api, id, null);

    private static async Task<IResult> WebhookPage(HttpContext context, RequestCaller caller, RegistryApi api, string id, Problem? problem)
    {
        var webhook = (await api.Read<WebhookView>(context, "get_webhook", new { id })).OrRefuse();
        return new RazorComponentResult<WebhookPage>(new
        {
            User = ConsoleUser.Of(caller),
            Webhook = webhook,
            Model = webhook.ModelId is { } model ? (await api.Read<ModelView>(context, "get_model", new { model })).Value?.Name ?? model : null,
            Deliveries = (IReadOnlyList<DeliveryView>)(await api.Read<DeliveryList>(context, "list_deliveries", new { id })).OrRefuse().Deliveries,
            LatestEvent = (await Latest(context, api, webhook))?.Id,
            Problem = problem?.Detail,
            Receipt = Receipt.Take(context),
        });
    }

    private static async Task<IResult> Edit(HttpContext context, RequestCaller caller, RegistryApi api, string id)
    {
        var webhook = (await api.Read<WebhookView>(context, "get_webhook", new { id })).OrRefuse();
        return Form(caller, webhook, FormView.Of(
            ("url", webhook.Url),
            ("types", string.Join(',', webhook.Types)),
            ("model", webhook.ModelId),
            ("description", webhook.Description),
            ("state", EnumNames<WebhookState>.Of(webhook.State))));
    }

    private static async Task<IResult> Change(HttpContext context, RequestCaller caller, RegistryApi api, string id)
    {
        var form = await context.ReadForm();
        // A merge patch: what the form leaves empty is removed.
        var body = Body(form);
        foreach (var field in (string[])["types", "model", "description"])
        {
            body.TryAdd(field, null);
        }

        var done = await api.Send<WebhookView>(context, HttpMethods.Patch, "patch_webhook", new { id }, default, body.With("state", form.Text("state")));
        if (done.Problem is { } refused)
        {
            var webhook = (await api.Read<WebhookView>(context, "get_webhook", new { id })).OrRefuse();
            context.Response.StatusCode = refused.Status;
            return Form(caller, webhook, FormView.Refused(form, refused));
        }

        new Receipt("The webhook is changed.").Send(context.Response);
        return new SeeOther(Links.Webhook(id));
    }

    private static async Task<IResult> Redeliver(HttpContext context, RequestCaller caller, RegistryApi api, string id)
    {
        var form = await context.ReadForm();
        var query = form.Text("from") is { } from ? QueryString.Create("from", from) : default;
        var done = await api.Send<WebhookView>(context, HttpMethods.Post, "redeliver", new { id }, query, null);
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return await WebhookPage(context, caller, api, id, refused);
        }

        new Receipt($"Events from {form.Text("from")} on are delivered again.").Send(context.Response);
        return new SeeOther(Links.Webhook(id));
    }

    private static async Task<IResult> ShowRotate(HttpContext context, RequestCaller caller, RegistryApi api, string id) =>
        await Confirm(context, caller, api, id, null, webhook => new ConfirmView
        {
            Title = "Draw a new secret",
            Effects =
            [
                $"Deliveries to {webhook.Url} are signed with the new secret at once.",
                "For a day they are signed with the one before it, too, so that the receiver can change over.",
            ],
            Action = Links.Webhook(id, "/rotate"),
            Button = "Draw a new secret",
            Back = Links.Webhook(id),
        });

    private static async Task<IResult> Rotate(HttpContext context, RequestCaller caller, RegistryApi api, string id)
    {
        var drawn = await api.Send<WebhookSecretView>(
            context, HttpMethods.Post, "rotate_webhook_secret", new { id }, await CommentQuery(context), null);
        return Secret(caller, drawn.OrRefuse());
    }

    private static async Task<IResult> ShowDelete(HttpContext context, RequestCaller caller, RegistryApi api, string id) =>
        await DeletePage(context, caller, api, id, null);

    private static Task<IResult> DeletePage(HttpContext context, RequestCaller caller, RegistryApi api, string id, string? problem) =>
        Confirm(context, caller, api, id, problem, webhook => new ConfirmView
        {
            Title = "Delete the webhook",
            Effects = [$"Nothing is sent to {webhook.Url} any more.", "Its place in the events and its secret are lost."],
            Action = Links.Webhook(id, "/delete"),
            Button = "Delete the webhook for ever",
            IsDangerous = true,
            Back = Links.Webhook(id),
        });

    private static async Task<IResult> Delete(HttpContext context, RequestCaller caller, RegistryApi api, string id)
    {
        var done = await api.Send<WebhookView>(context, HttpMethods.Delete, "delete_webhook", new { id }, await CommentQuery(context), null);
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return await DeletePage(context, caller, api, id, refused.Detail);
        }

        new Receipt($"The webhook to {done.Value!.Url} is deleted.").Send(context.Response);
        return new SeeOther(Links.Webhooks);
    }

    private static async Task<IResult> Confirm(
        HttpContext context, RequestCaller caller, RegistryApi api, string id, string? problem, Func<WebhookView, ConfirmView> view)
    {
        var webhook = (await api.Read<WebhookView>(context, "get_webhook", new { id })).OrRefuse();
        return new RazorComponentResult<AccessConfirmPage>(
            new { User = ConsoleUser.Of(caller), Heading, Tab, View = view(webhook) with { Problem = problem } });
    }

    /// <summary>The newest event that a webhook gets, or null for none.</summary>
    private static async Task<RegistryEvent?> Latest(HttpContext context, RegistryApi api, WebhookView webhook)
    {
        var query = QueryString.Create("order_by", "-id").Add("page_size", "1");
        foreach (var type in webhook.Types)
        {
            query = query.Add("type", type);
        }

        query = webhook.ModelId is { } model ? query.Add("model", model) : query;
        return (await api.Read<Page<RegistryEvent>>(context, "list_events", null, query)).Value?.Items.FirstOrDefault();
    }

    private static async Task<QueryString> CommentQuery(HttpContext context)
    {
        var form = await context.ReadForm();
        return form.Text("comment") is { } comment ? QueryString.Create("comment", comment) : default;
    }

    private static JsonObject Body(IFormCollection form) => new JsonObject { ["url"] = form.Text("url") ?? "" }
        .With("types", form["types"] is { Count: > 0 } types ? FormFields.Array([.. types.OfType<string>()]) : null)
        .With("model", form.Text("model"))
        .With("description", form.Text("description"))
        .With("comment", form.Text("comment"));

    private static RazorComponentResult<SecretPage> Secret(RequestCaller caller, WebhookSecretView drawn) => new(new
    {
        User = ConsoleUser.Of(caller),
        Heading,
        Tab,
        Title = "The secret of the webhook",
        Secret = drawn.Secret,
        Notes = (IReadOnlyList<string>)
        [
            $"Deliveries to {drawn.Webhook.Url} are signed with it.",
            .. drawn.PreviousSecretExpiresAt is { } until ? (IEnumerable<string>)[$"They are signed with the one before it, too, until {Text.Shown(until)}."] : [],
        ],
        Back = Links.Webhook(drawn.Webhook.Id),
    });

    private static RazorComponentResult<WebhookFormPage> Form(RequestCaller caller, WebhookView? webhook, FormView form) =>
        new(new { User = ConsoleUser.Of(caller), Webhook = webhook, Form = form });
}
