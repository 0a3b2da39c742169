using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.Versions;
using OrleansRegistry.WebConsole.Pages.Forms;

namespace OrleansRegistry.WebConsole.Pages.Models;

/// <summary>
/// The aliases of a model: a list, a page of each, and the forms that set, roll back and remove one. Each form carries
/// the version that was shown, so that nobody moves what somebody else has moved meanwhile (rule AL3).
/// </summary>
internal static class AliasPages
{
    private const string Path = Links.Root + "/models/{model}/aliases";
    private const string PathOfOne = Path + "/{alias}";
    private const string From = "from";
    private const string Comment = "comment";

    /// <summary>Maps the routes.</summary>
    public static void MapAliasPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, List).RequirePermission(Permission.Read);
        pages.MapPost(Path, Make).RequirePermission(Permission.Deploy);
        pages.MapGet(PathOfOne, Show).RequirePermission(Permission.Read);
        pages.MapPost(PathOfOne, Set).RequirePermission(Permission.Deploy);
        pages.MapGet(PathOfOne + "/rollback", ShowRollback).RequirePermission(Permission.Deploy);
        pages.MapPost(PathOfOne + "/rollback", Rollback).RequirePermission(Permission.Deploy);
        pages.MapGet(PathOfOne + "/remove", ShowRemove).RequirePermission(Permission.Deploy);
        pages.MapPost(PathOfOne + "/remove", Remove).RequirePermission(Permission.Deploy);
    }

    private static async Task<IResult> List(HttpContext context, RequestCaller caller, RegistryApi api, string model) =>
        ListPage(await api.ReadFrame(context, caller, model), FormView.Of());

    private static async Task<IResult> Make(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var form = await context.ReadForm();
        // One that is there already is set on its own page.
        var body = Body(form).With("protected", form.ContainsKey("protected") ? true : null);
        body[From] = null;
        return await Send(context, api, HttpMethods.Put, "set_alias", model, form["alias"].ToString(), body) is not { } refused
            ? new SeeOther(Links.Model(model, "/aliases"))
            : ListPage(await api.ReadFrame(context, caller, model), FormView.Refused(form, refused));
    }

    private static async Task<IResult> Show(HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var found = Find(frame, alias);
        return Page(frame, found, FormView.Of(
            (From, found.VersionId), ("version", found.Version), ("protected", found.Protected ? "true" : null)));
    }

    private static async Task<IResult> Set(HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias)
    {
        var form = await context.ReadForm();
        var found = Find(await api.ReadFrame(context, caller, model), alias);
        var body = Body(form);
        body[From] = form.Text(From);
        if (caller.Role.Allows(Permission.Administer) && form.ContainsKey("protected") != found.Protected)
        {
            body["protected"] = !found.Protected;
        }

        return await Send(context, api, HttpMethods.Put, "set_alias", model, alias, body) is not { } refused
            ? new SeeOther(Links.Model(model, "/aliases"))
            : Page(await api.ReadFrame(context, caller, model), found, FormView.Refused(form, refused));
    }

    private static async Task<IResult> ShowRollback(HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias) =>
        await RollbackPage(context, caller, api, model, alias, null);

    private static async Task<IResult> RollbackPage(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias, string? problem)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var found = Find(frame, alias);
        var view = View(frame, found, "Roll back", "/rollback") with { Problem = problem };
        var tried = await api.Send<AliasAnswer>(
            context,
            HttpMethods.Post,
            "rollback_alias",
            new { model, alias },
            QueryString.Create("dry_run", "true"),
            new JsonObject { [From] = found.VersionId });
        return Confirm(frame, tried.Value?.Alias.Version is { } before
            ? view with
            {
                Effects = [$"Calls of @{alias} get {before} instead of {found.Version ?? "a refusal"}."],
                Button = $"Roll back to {before}",
                Hidden = [(From, found.VersionId ?? "")],
            }
            : view with { Problem = problem ?? tried.Problem!.Detail });
    }

    private static async Task<IResult> Rollback(HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias)
    {
        var form = await context.ReadForm();
        var body = new JsonObject { [From] = form.Text(From), [Comment] = form.Text(Comment) };
        return await Send(context, api, HttpMethods.Post, "rollback_alias", model, alias, body) is not { } refused
            ? new SeeOther(Links.Alias(model, alias))
            : await RollbackPage(context, caller, api, model, alias, refused.Detail);
    }

    private static async Task<IResult> ShowRemove(HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias) =>
        await RemovePage(context, caller, api, model, alias, null);

    private static async Task<IResult> RemovePage(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias, string? problem)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var found = Find(frame, alias);
        var view = View(frame, found, "Remove", "/remove") with { Problem = problem };
        return Confirm(frame, VersionActions.Obstacle(found, caller.Role) is { } obstacle
            ? view with { Problem = problem ?? obstacle }
            : view with
            {
                Effects =
                [
                    $"Calls of @{alias} are refused.",
                    found.Version is { } version ? $"{version} stays as it is." : "It points to no version.",
                    "Its history is lost; its name can be used again.",
                ],
                Button = $"Remove @{alias}",
                IsDangerous = true,
                Hidden = [(From, found.VersionId ?? "")],
            });
    }

    private static async Task<IResult> Remove(HttpContext context, RequestCaller caller, RegistryApi api, string model, string alias)
    {
        var form = await context.ReadForm();
        var query = form.Text(Comment) is { } comment ? QueryString.Create(Comment, comment) : QueryString.Empty;
        query = form.Text(From) is { } from ? query.Add(From, from) : query;
        return await Send(context, api, HttpMethods.Delete, "remove_alias", model, alias, null, query) is not { } refused
            ? new SeeOther(Links.Model(model, "/aliases"))
            : await RemovePage(context, caller, api, model, alias, refused.Detail);
    }

    /// <summary>Sends a command, and keeps its receipt for the next page. Answers why it was refused, or null.</summary>
    private static async Task<Problem?> Send(
        HttpContext context, RegistryApi api, string method, string operation, string model, string alias, JsonObject? body, QueryString query = default)
    {
        if (alias.Length == 0)
        {
            // No path has it.
            throw new RequestRefusedException(RegistryError.Invalid("alias", "must not be empty"));
        }

        var done = await api.Send<AliasAnswer>(context, method, operation, new { model, alias }, query, body);
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return refused.Code == ErrorCode.AliasMoved
                ? refused with { Detail = $"{refused.Detail} Nothing was done; this is how it is now." }
                : refused;
        }

        var now = done.Value!.Alias;
        var receipt = method == HttpMethods.Delete ? new Receipt($"@{alias} is removed.")
            : now.History.Length > 0 && done.Value.AliasChange is not null
                ? new Receipt($"@{alias} points to {now.Version}.", Links.Alias(model, alias, "/rollback"), "Roll back")
            : new Receipt($"@{alias} points to {now.Version}.");
        receipt.Send(context.Response);
        return null;
    }

    private static AliasView Find(ModelFrame frame, string alias) =>
        frame.Model.Aliases.FirstOrDefault(found => found.Name == alias)
        ?? throw new RequestRefusedException(new RegistryError(ErrorCode.AliasNotFound, $"Model {frame.Model.Name} has no alias @{alias}."));

    private static ConfirmView View(ModelFrame frame, AliasView alias, string title, string command) => new()
    {
        Title = $"{title} @{alias.Name}",
        Action = Links.Alias(frame.Model.Id, alias.Name, command),
        Back = Links.Alias(frame.Model.Id, alias.Name),
    };

    private static JsonObject Body(IFormCollection form) =>
        new JsonObject { ["version"] = form.Text("version") ?? "" }.With(Comment, form.Text(Comment));

    private static RazorComponentResult<AliasesPage> ListPage(ModelFrame frame, FormView form) => new(new { Frame = frame, Form = form });

    private static RazorComponentResult<AliasPage> Page(ModelFrame frame, AliasView alias, FormView form) =>
        new(new { Frame = frame, Alias = alias, Form = form });

    private static RazorComponentResult<ConfirmPage> Confirm(ModelFrame frame, ConfirmView view) => new(new { Frame = frame, View = view });
}
