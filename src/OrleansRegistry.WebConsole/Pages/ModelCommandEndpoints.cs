using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages.Forms;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>Commands on models, confirmed like those on versions: back to the primary before, and the end of a model.</summary>
internal static class ModelCommandEndpoints
{
    private const string IfMatch = "if_match";
    private const string From = "from";
    private const string Confirm = "confirm";
    private const string Comment = "comment";

    /// <summary>Maps the routes.</summary>
    public static void MapModelCommands(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Root + "/models/{model}/rollback", ShowRollback).RequirePermission(Permission.Read);
        pages.MapPost(Links.Root + "/models/{model}/rollback", SendRollback).RequirePermission(Permission.Read);
        pages.MapGet(Links.Root + "/models/{model}/delete", ShowDelete).RequirePermission(Permission.Read);
        pages.MapPost(Links.Root + "/models/{model}/delete", SendDelete).RequirePermission(Permission.Read);
    }

    private static async Task<IResult> ShowRollback(HttpContext context, RequestCaller caller, RegistryApi api, string model) =>
        await RollbackPage(context, caller, api, model, null);

    private static async Task<IResult> RollbackPage(HttpContext context, RequestCaller caller, RegistryApi api, string model, string? problem)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var view = new ConfirmView
        {
            Title = "Roll back",
            Action = Links.Model(frame.Model.Id, "/rollback"),
            Back = Links.Model(frame.Model.Id),
            Problem = problem,
        };
        var body = new JsonObject { ["from"] = frame.Model.Primary?.VersionId };
        var tried = await api.Send<CommandAnswer>(
            context, HttpMethods.Post, "rollback", new { model = frame.Model.Id }, QueryString.Create("dry_run", "true"), body, null);
        return tried.Value is { } answer
            ? Page(frame, view with
            {
                Title = $"Roll back to {answer.Version.Version}",
                Effects =
                [
                    $"Calls that name no version get {answer.Version.Version} instead of {frame.Model.Primary?.Version}.",
                    $"{frame.Model.Primary?.Version} stays active: calls that name it go on.",
                ],
                Button = $"Roll back to {answer.Version.Version}",
                Hidden = [(From, frame.Model.Primary?.VersionId ?? "")],
                Curl = CurlText.Of(context, HttpMethods.Post, $"/v1/models/{frame.Model.Id}/rollback", body, null),
            })
            : Page(frame, view with { Problem = problem ?? tried.Problem!.Detail });
    }

    private static async Task<IResult> SendRollback(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var form = await context.ReadForm();
        var from = form[From].ToString() is { Length: > 0 } given ? given : null;
        var done = await api.Send<CommandAnswer>(
            context, HttpMethods.Post, "rollback", new { model }, QueryString.Empty, new JsonObject { ["from"] = from, [Comment] = form.Text(Comment) }, null);
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return await RollbackPage(context, caller, api, model, refused.Detail);
        }

        var version = done.Value!.Version;
        CommandWords.Done(ConsoleCommand.Promote, version, new StopAnswer { Version = version }, null, from).Send(context.Response);
        return new SeeOther(Links.Model(version.ModelId));
    }

    private static async Task<IResult> ShowDelete(HttpContext context, RequestCaller caller, RegistryApi api, string model) =>
        await DeletePage(context, caller, api, model, null);

    private static async Task<IResult> DeletePage(HttpContext context, RequestCaller caller, RegistryApi api, string model, string? problem)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var id = frame.Model.Id;
        var view = new ConfirmView { Title = "Delete the model", Action = Links.Model(id, "/delete"), Back = Links.Model(id), Problem = problem };
        var tag = EntityTag.OfRevision(frame.Model.Revision);
        var tried = await api.Send<DeletedModel>(
            context, HttpMethods.Delete, "delete_model", new { model = id }, QueryString.Create("dry_run", "true"), null, tag);
        return tried.Problem is { } refused
            ? Page(frame, view with { Problem = problem ?? refused.Detail })
            : Page(frame, view with
            {
                Effects =
                [
                    $"{Text.Count(frame.Model.VersionCount, "version goes", "versions go")} for ever, "
                        + $"{Text.Count(frame.Model.ActiveVersionCount)} of them active.",
                    "Every call of the model is refused at once, and nothing is billed any more.",
                    "The name is free again; history and bills stay.",
                ],
                Button = "Delete the model for ever",
                IsDangerous = true,
                Hidden = [(IfMatch, tag)],
                MustType = frame.Model.Name,
                Curl = CurlText.Of(context, HttpMethods.Delete, $"/v1/models/{id}", null, tag),
            });
    }

    private static async Task<IResult> SendDelete(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var form = await context.ReadForm();
        var found = (await api.Read<ModelView>(context, "get_model", new { model })).OrRefuse();
        if (form[Confirm] != found.Name)
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            return await DeletePage(context, caller, api, model, $"Type {found.Name} exactly to confirm.");
        }

        var done = await api.Send<DeletedModel>(
            context, HttpMethods.Delete, "delete_model", new { model = found.Id }, form.Text(Comment) is { } comment ? QueryString.Create(Comment, comment) : default, null, form[IfMatch].ToString());
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return await DeletePage(context, caller, api, model, refused.Detail);
        }

        new Receipt($"The model {found.Name} is deleted for ever.").Send(context.Response);
        return new SeeOther(Links.Root);
    }

    private static RazorComponentResult<ConfirmPage> Page(ModelFrame frame, ConfirmView view) => new(new { Frame = frame, View = view });
}
