using System.CommandLine;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Keys, webhooks and workspaces.</summary>
internal static class AccessCommands
{
    private const string ShownOnce = "This is shown once. Keep it where others can't read it.";

    public static IEnumerable<Command> All(GlobalOptions global) =>
        [Keys(global), Webhooks(global), Workspaces(global)];

    private static Command Keys(GlobalOptions global)
    {
        var prefix = new Argument<string>("PREFIX")
        {
            Description = "The first characters of the key, as `ork keys list` shows them.",
        };
        var name = new Argument<string>("NAME") { Description = "What the key is for." };
        var role = Inputs.Choice("--role", "What it may do.", "viewer", "invoker", "deployer", "admin", "operator");
        role.Required = true;
        var workspace = Inputs.Text(
            "--workspace",
            "The workspace it acts in, by default yours. Only an operator names another.",
            "NAME");
        var models = new Option<string[]?>("--model")
        {
            Description = "The only model it may call. May repeat.",
            HelpName = "NAME",
        };
        var expires = Inputs.Text("--expires", "From when on it is not valid: a day, a time, or never.", "2026-12-31");
        var overlap = Inputs.Duration("--overlap", "How long the old key stays valid too; a day by default.");
        var (yes, comment) = (Inputs.Yes(), Inputs.Comment());
        return CommandBuilding.Group("keys", "Manage API keys.",
        [
            global.NewCommand("list", "List the keys, without their secrets.", [workspace], (session, cancellationToken) => session.List(
                session.Registry.ListApiKeys(
                    new ListApiKeysParameters { Workspace = session.Value(workspace) },
                    cancellationToken),
                key => key.Prefix,
                ["PREFIX", "NAME", "ROLE", "WORKSPACE", "EXPIRES", "LAST USED", "REVOKED"],
                key =>
                [
                    key.Prefix, key.Name, key.Role, key.Workspace, Inputs.Instant(key.ExpiresAt),
                    Inputs.Instant(key.LastUsedAt), Inputs.Instant(key.RevokedAt),
                ],
                cancellationToken)),
            global.NewCommand("create", "Make a key. It is printed once.", [name, role, workspace, models, expires, comment], async (session, cancellationToken) =>
            {
                var body = new CreateApiKeyRequest { Name = session.Value(name)!, Role = session.Value(role)! }
                    .Because(session.Value(comment));
                if (session.Value(workspace) is { } where)
                {
                    body.Workspace = where;
                }

                if (session.Value(models) is { Length: > 0 } only)
                {
                    body.Models = only;
                }

                if (session.Value(expires) is { } end)
                {
                    body.ExpiresAt = end == "never" ? null : end;
                }

                ShowKey(session, await session.Registry.CreateApiKey(body, cancellationToken));
            }),
            global.NewCommand("rotate", "Replace a key by a new one, which is printed once.", [prefix, overlap, comment], async (session, cancellationToken) =>
            {
                var body = new RotateApiKeyRequest().Because(session.Value(comment));
                if (session.Value(overlap) is { } time)
                {
                    body.OverlapSeconds = (long)time.TotalSeconds;
                }

                ShowKey(session, await session.Registry.RotateApiKey(session.Value(prefix)!, body, cancellationToken));
            }),
            global.NewCommand("revoke", "End a key, at once and for ever.", [prefix, yes, comment], async (session, cancellationToken) =>
            {
                session.Confirm($"Revoke the key {session.Value(prefix)} for ever?", session.Value(yes));
                var parameters = new RevokeApiKeyParameters { Comment = session.Value(comment) };
                var key = await session.Registry.RevokeApiKey(session.Value(prefix)!, parameters, cancellationToken);
                session.Show(
                    key,
                    key.Prefix,
                    [("prefix", key.Prefix), ("name", key.Name), ("revoked", Inputs.Instant(key.RevokedAt))]);
            }),
        ]);
    }

    private static void ShowKey(Session session, CreatedApiKey created)
    {
        session.Printer.Note(ShownOnce);
        if (session.IsJson)
        {
            session.Printer.Json(created.Raw);
        }
        else
        {
            session.Printer.Line(created.Key);
        }
    }

    private static Command Webhooks(GlobalOptions global)
    {
        var id = new Argument<string>("ID") { Description = "The webhook's id." };
        var address = new Argument<string>("URL") { Description = "Where events are sent to." };
        var types = new Option<string[]?>("--type")
        {
            Description = "Only events of this type. May repeat.",
            HelpName = "TYPE",
        };
        var model = Inputs.Text("--model", "Only events of this model.", "NAME");
        var description = Inputs.Text("--description", "Free text.");
        var (yes, comment) = (Inputs.Yes(), Inputs.Comment());
        var from = new Option<long>("--from")
        {
            Description = "The id of the first event to send again.",
            HelpName = "ID",
            Required = true,
        };
        return CommandBuilding.Group("webhooks", "Manage the addresses that events are sent to.",
        [
            global.NewCommand("list", "List the webhooks.", [], (session, cancellationToken) => session.List(
                session.Registry.ListWebhooks(cancellationToken),
                hook => hook.Id,
                ["ID", "URL", "STATE", "FAILING SINCE", "LAST EVENT"],
                hook => [hook.Id, hook.Url, hook.State, Inputs.Instant(hook.FailingSince), hook.LastEventId],
                cancellationToken)),
            global.NewCommand("create", "Make a webhook. Its secret is printed once.", [address, types, model, description, comment], async (session, cancellationToken) =>
            {
                var body = new CreateWebhookRequest { Url = session.Value(address)! }.Because(session.Value(comment));
                if (session.Value(types) is { Length: > 0 } only)
                {
                    body.Types = only;
                }

                if (session.Value(model) is { } of)
                {
                    body.Model = of;
                }

                if (session.Value(description) is { } text)
                {
                    body.Description = text;
                }

                ShowSecret(session, await session.Registry.CreateWebhook(body, cancellationToken));
            }),
            global.NewCommand("show", "Show a webhook.", [id], async (session, cancellationToken) =>
                ShowWebhook(session, await session.Registry.GetWebhook(session.Value(id)!, cancellationToken))),
            SetState(global, id, comment, "enable", "Send events to it again.", WebhookStateValues.Enabled),
            SetState(global, id, comment, "disable", "Send no events to it.", WebhookStateValues.Disabled),
            global.NewCommand("deliveries", "List the last attempts, newest first.", [id], async (session, cancellationToken) =>
            {
                var list = await session.Registry.ListDeliveries(session.Value(id)!, cancellationToken);
                if (session.IsJson)
                {
                    session.Printer.Json(list.Raw);
                    return;
                }

                session.Printer.Table(
                    ["AT", "EVENT", "TYPE", "STATUS", "MILLISECONDS", "ERROR"],
                    list.Deliveries.Select(delivery => (string?[])
                    [
                        Inputs.Instant(delivery.At), delivery.EventId, delivery.EventType,
                        delivery.Status is { } status ? Inputs.Count(status) : null,
                        Inputs.Count(delivery.DurationMilliseconds), delivery.Error,
                    ]));
            }),
            global.NewCommand("redeliver", "Send an event and all behind it again.", [id, from, comment], async (session, cancellationToken) => ShowWebhook(
                session,
                await session.Registry.Redeliver(session.Value(id)!, new RedeliverParameters { From = session.Value(from), Comment = session.Value(comment) }, cancellationToken))),
            global.NewCommand("rotate-secret", "Make a new secret, which is printed once.", [id, comment], async (session, cancellationToken) =>
            {
                var parameters = new RotateWebhookSecretParameters { Comment = session.Value(comment) };
                ShowSecret(session, await session.Registry.RotateWebhookSecret(session.Value(id)!, parameters, cancellationToken));
            }),
            global.NewCommand("delete", "Delete a webhook.", [id, yes, comment], async (session, cancellationToken) =>
            {
                session.Confirm($"Delete the webhook {session.Value(id)}?", session.Value(yes));
                var parameters = new DeleteWebhookParameters { Comment = session.Value(comment) };
                await session.Registry.DeleteWebhook(session.Value(id)!, parameters, cancellationToken);
                session.Printer.Note($"The webhook {session.Value(id)} is deleted.");
            }),
        ]);
    }

    private static Command SetState(
        GlobalOptions global,
        Argument<string> id,
        Option<string?> comment,
        string name,
        string about,
        string state) =>
        global.NewCommand(name, about, [id, comment], async (session, cancellationToken) =>
        {
            var body = new PatchWebhookRequest { State = state }.Because(session.Value(comment));
            ShowWebhook(session, await session.Registry.PatchWebhook(session.Value(id)!, body, cancellationToken));
        });

    private static void ShowSecret(Session session, WebhookSecret made)
    {
        session.Printer.Note(ShownOnce);
        if (session.IsJson)
        {
            session.Printer.Json(made.Raw);
        }
        else if (session.IsIds)
        {
            session.Printer.Line(made.Webhook.Id);
        }
        else
        {
            session.Printer.Fields([("id", made.Webhook.Id), ("url", made.Webhook.Url), ("secret", made.Secret)]);
        }
    }

    private static void ShowWebhook(Session session, Webhook hook) => session.Show(hook, hook.Id,
    [
        ("id", hook.Id), ("url", hook.Url), ("state", hook.State), ("disabled because", hook.DisabledReason),
        ("types", hook.Types is { } types ? string.Join(' ', types) : "all"), ("model", hook.ModelId),
        ("description", hook.Description),
        ("last event", hook.LastEventId), ("failing since", Inputs.Instant(hook.FailingSince)),
        ("next attempt", Inputs.Instant(hook.NextAttemptAt)),
        ("created", $"{Inputs.Instant(hook.CreatedAt)} by {hook.CreatedBy}"),
    ]);

    private static Command Workspaces(GlobalOptions global)
    {
        var name = new Argument<string>("NAME") { Description = "The workspace's name." };
        var (description, comment) = (Inputs.Text("--description", "Free text."), Inputs.Comment());
        return CommandBuilding.Group("workspaces", "Manage workspaces. For operators.",
        [
            global.NewCommand("list", "List the workspaces.", [], (session, cancellationToken) => session.List(
                session.Registry.ListWorkspaces(cancellationToken: cancellationToken),
                workspace => workspace.Name,
                ["NAME", "CREATED", "DESCRIPTION"],
                workspace => [workspace.Name, Inputs.Instant(workspace.CreatedAt), workspace.Description],
                cancellationToken)),
            global.NewCommand("create", "Make a workspace.", [name, description, comment], async (session, cancellationToken) =>
            {
                var body = new CreateWorkspaceRequest { Name = session.Value(name)! }.Because(session.Value(comment));
                if (session.Value(description) is { } text)
                {
                    body.Description = text;
                }

                var made = await session.Registry.CreateWorkspace(body, cancellationToken);
                session.Show(
                    made,
                    made.Name,
                    [("name", made.Name), ("description", made.Description), ("created", Inputs.Instant(made.CreatedAt))]);
            }),
        ]);
    }
}
