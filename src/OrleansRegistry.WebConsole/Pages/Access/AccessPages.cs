using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages.Access;

/// <summary>The pages of API keys and workspaces.</summary>
internal static class AccessPages
{
    private const string Heading = "API keys";
    private const string Tab = "keys";

    /// <summary>Maps the routes.</summary>
    public static void MapAccessPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Access, Keys).RequirePermission(Permission.Administer);
        pages.MapGet(Links.Access + "/new", NewKey).RequirePermission(Permission.Administer);
        pages.MapPost(Links.Access + "/new", CreateKey).RequirePermission(Permission.Administer);
        pages.MapGet(Links.Access + "/{prefix}/rotate", ShowRotate).RequirePermission(Permission.Administer);
        pages.MapPost(Links.Access + "/{prefix}/rotate", Rotate).RequirePermission(Permission.Administer);
        pages.MapGet(Links.Access + "/{prefix}/revoke", ShowRevoke).RequirePermission(Permission.Administer);
        pages.MapPost(Links.Access + "/{prefix}/revoke", Revoke).RequirePermission(Permission.Administer);
        pages.MapGet(Links.Workspaces, Workspaces).RequirePermission(Permission.Operate);
        pages.MapPost(Links.Workspaces, CreateWorkspace).RequirePermission(Permission.Operate);
    }

    private static async Task<RazorComponentResult<KeysPage>> Keys(HttpContext context, RequestCaller caller, RegistryApi api, TimeProvider clock)
    {
        var keys = (await api.Read<Page<ApiKeyView>>(context, "list_api_keys", null, context.Paging())).OrRefuse();
        return new RazorComponentResult<KeysPage>(new
        {
            User = ConsoleUser.Of(caller),
            Keys = (IReadOnlyList<ApiKeyView>)keys.Items,
            Now = clock.GetUtcNow(),
            Next = context.NextPage(keys.NextPageToken),
            Receipt = Receipt.Take(context),
        });
    }

    private static RazorComponentResult<KeyFormPage> NewKey(HttpContext context, RequestCaller caller) => KeyForm(
        caller, FormView.Of(("role", EnumNames<Role>.Of(Role.Invoker)), ("workspace", (string?)context.Request.Query["workspace"])));

    private static async Task<IResult> CreateKey(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var form = await context.ReadForm();
        var body = new JsonObject { ["name"] = form.Text("name") ?? "", ["role"] = form.Text("role") ?? "" }
            .With("models", FormFields.Array(form.Lines("models")))
            .With("expires_at", form.Text("expires_at"))
            .With("workspace", form.Text("workspace"))
            .With("comment", form.Text("comment"));
        var made = await api.Send<CreatedApiKey>(context, HttpMethods.Post, "create_api_key", null, default, body);
        if (made.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return KeyForm(caller, FormView.Refused(form, refused));
        }

        return Secret(caller, made.Value!, $"The key {made.Value!.ApiKey.Name}", []);
    }

    private static async Task<IResult> ShowRotate(HttpContext context, RequestCaller caller, RegistryApi api, string prefix) =>
        await ConfirmPage(context, caller, api, prefix, null, key => new ConfirmView
        {
            Title = $"Rotate {key.Name}",
            Effects =
            [
                "A new key is made, of the same name, role, models and lifetime.",
                $"The old one, ork_{key.Prefix}, goes on to count for a day, and then ends.",
            ],
            Action = Links.Key(key.Prefix, "rotate"),
            Button = "Make the new key",
            Back = Links.Access,
        });

    private static async Task<IResult> Rotate(HttpContext context, RequestCaller caller, RegistryApi api, string prefix)
    {
        var form = await context.ReadForm();
        var made = (await api.Send<CreatedApiKey>(
            context, HttpMethods.Post, "rotate_api_key", new { prefix }, default, new JsonObject().With("comment", form.Text("comment")))).OrRefuse();
        return Secret(caller, made, $"The new key {made.ApiKey.Name}", [$"The old one, ork_{prefix}, goes on to count for a day."]);
    }

    private static async Task<IResult> ShowRevoke(HttpContext context, RequestCaller caller, RegistryApi api, string prefix) =>
        await RevokePage(context, caller, api, prefix, null);

    private static Task<IResult> RevokePage(HttpContext context, RequestCaller caller, RegistryApi api, string prefix, string? problem) =>
        ConfirmPage(context, caller, api, prefix, problem, key => new ConfirmView
        {
            Title = $"Revoke {key.Name}",
            Effects =
            [
                $"Who shows ork_{key.Prefix} is refused at once, on every gateway, for ever.",
                key.LastUsedAt is { } used ? $"It was last used in the hour of {Text.Shown(used)}." : "It was never used.",
                .. $"key:{key.Prefix}" == caller.Actor ? (IEnumerable<string>)["It is the key that you have signed in with: your sessions end, too."] : [],
            ],
            Action = Links.Key(key.Prefix, "revoke"),
            Button = $"Revoke {key.Name} for ever",
            IsDangerous = true,
            Back = Links.Access,
        });

    private static async Task<IResult> Revoke(HttpContext context, RequestCaller caller, RegistryApi api, string prefix)
    {
        var form = await context.ReadForm();
        var query = form.Text("comment") is { } comment ? QueryString.Create("comment", comment) : default;
        var done = await api.Send<ApiKeyView>(context, HttpMethods.Delete, "revoke_api_key", new { prefix }, query, null);
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return await RevokePage(context, caller, api, prefix, refused.Detail);
        }

        new Receipt($"The key {done.Value!.Name} is revoked.").Send(context.Response);
        return new SeeOther(Links.Access);
    }

    private static async Task<RazorComponentResult<WorkspacesPage>> Workspaces(HttpContext context, RequestCaller caller, RegistryApi api) =>
        await WorkspacesPage(context, caller, api, FormView.Of());

    private static async Task<IResult> CreateWorkspace(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var form = await context.ReadForm();
        var body = new JsonObject { ["name"] = form.Text("name") ?? "" }.With("description", form.Text("description"));
        var made = await api.Send<WorkspaceView>(context, HttpMethods.Post, "create_workspace", null, default, body);
        if (made.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return await WorkspacesPage(context, caller, api, FormView.Refused(form, refused));
        }

        new Receipt($"The workspace {made.Value!.Name} is made.", $"{Links.Access}/new{QueryString.Create("workspace", made.Value.Name)}", "Make its first key")
            .Send(context.Response);
        return new SeeOther(Links.Workspaces);
    }

    private static async Task<RazorComponentResult<WorkspacesPage>> WorkspacesPage(
        HttpContext context, RequestCaller caller, RegistryApi api, FormView form)
    {
        var workspaces = (await api.Read<Page<WorkspaceView>>(context, "list_workspaces", null, context.Paging())).OrRefuse();
        return new RazorComponentResult<WorkspacesPage>(new
        {
            User = ConsoleUser.Of(caller),
            Workspaces = (IReadOnlyList<WorkspaceView>)workspaces.Items,
            Form = form,
            Next = context.NextPage(workspaces.NextPageToken),
            Receipt = Receipt.Take(context),
        });
    }

    /// <summary>The confirmation of a command on a key, which the list of keys has.</summary>
    private static async Task<IResult> ConfirmPage(
        HttpContext context, RequestCaller caller, RegistryApi api, string prefix, string? problem, Func<ApiKeyView, ConfirmView> view)
    {
        var query = default(QueryString);
        for (; ; )
        {
            var page = (await api.Read<Page<ApiKeyView>>(context, "list_api_keys", null, query.Add("page_size", "200"))).OrRefuse();
            if (page.Items.FirstOrDefault(key => key.Prefix == prefix) is { } found)
            {
                return new RazorComponentResult<AccessConfirmPage>(
                    new { User = ConsoleUser.Of(caller), Heading, Tab, View = view(found) with { Problem = problem } });
            }

            if (page.NextPageToken is null)
            {
                return new Refusal(new RegistryError(ErrorCode.ApiKeyNotFound, $"There is no API key '{prefix}'."));
            }

            query = QueryString.Create("page_token", page.NextPageToken);
        }
    }

    private static RazorComponentResult<SecretPage> Secret(RequestCaller caller, CreatedApiKey made, string title, ImmutableArray<string> notes) => new(new
    {
        User = ConsoleUser.Of(caller),
        Heading,
        Tab,
        Title = title,
        Secret = made.Key,
        Notes = (IReadOnlyList<string>)[.. notes, $"Send it as the header Authorization: Bearer ork_{made.ApiKey.Prefix}…, or sign in with it here."],
        Back = Links.Access,
    });

    private static RazorComponentResult<KeyFormPage> KeyForm(RequestCaller caller, FormView form) =>
        new(new { User = ConsoleUser.Of(caller), Form = form });
}
