using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.Versions;
using OrleansRegistry.WebConsole.Pages.Forms;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>
/// Commands: a page that says what one does, as a dry run of it tells, and a form that sends it with the state that was
/// shown. If the state has moved on meanwhile, nothing is done, and the page shows what is true now.
/// </summary>
internal static class CommandEndpoints
{
    private const string IfMatch = "if_match";
    private const string From = "from";
    private const string PromoteTo = "promote_to";
    private const string Confirm = "confirm";
    private const string Comment = "comment";

    private static readonly TimeSpan Lately = TimeSpan.FromDays(1);

    /// <summary>Maps the routes.</summary>
    public static void MapCommands(this IEndpointRouteBuilder pages)
    {
        const string version = Links.Root + "/models/{model}/versions/{number}/{command}";
        pages.MapGet(version, Show).RequirePermission(Permission.Read);
        pages.MapPost(version, Send).RequirePermission(Permission.Read);
        pages.MapGet(Links.Root + "/models/{model}/rollback", ShowRollback).RequirePermission(Permission.Read);
        pages.MapPost(Links.Root + "/models/{model}/rollback", SendRollback).RequirePermission(Permission.Read);
        pages.MapGet(Links.Root + "/models/{model}/delete", ShowDelete).RequirePermission(Permission.Read);
        pages.MapPost(Links.Root + "/models/{model}/delete", SendDelete).RequirePermission(Permission.Read);
    }

    private static Task<IResult> Show(HttpContext context, RequestCaller caller, RegistryApi api, TimeProvider clock, string model, string number, string command) =>
        ConsoleCommand.TryFind(command, out var known)
            ? CommandPage(context, caller, api, clock, model, number, known, context.Request.Query[PromoteTo], null)
            : Task.FromResult<IResult>(NoPage());

    private static async Task<IResult> CommandPage(
        HttpContext context,
        RequestCaller caller,
        RegistryApi api,
        TimeProvider clock,
        string model,
        string number,
        ConsoleCommand command,
        string? promoteTo,
        string? problem)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var found = await api.Read<VersionView>(context, "get_version_by_number", new { model, number });
        var version = found.OrRefuse();
        var view = new ConfirmView
        {
            Title = $"{command.Label.Split(' ')[0]} {version.Version}",
            Number = version.Version,
            Action = Links.Command(frame.Model.Id, version.Version, command.Name),
            Back = Links.Version(frame.Model.Id, version.Version),
            Problem = problem,
        };
        if (VersionActions.Obstacle(command.Action, version, frame.Model.Protected, caller.Role, MenuItem.IsHeld(frame.Model, version)) is { } obstacle)
        {
            return Page(frame, view with { Problem = obstacle });
        }

        var choice = new CommandChoice(frame.Model.Primary?.VersionId, string.IsNullOrEmpty(promoteTo) ? null : promoteTo, null);
        var tried = await Try(context, api, command, version.Id, choice, found.ETag);
        if (tried.Problem is not null)
        {
            return Page(frame, view with { Problem = tried.Problem.Detail });
        }

        var answer = tried.Value!;
        var next = answer.PrimaryChange?.To is { } to ? (await api.Read<VersionView>(context, "get_version", new { id = to })).Value : null;
        var successors = command.Stops && version.IsPrimary && !answer.ModelDeleted ? await Successors(context, api, frame.Model, version) : [];
        choice = choice with { PromoteTo = successors.Count > 0 ? next?.Id : null };
        return Page(frame, view with
        {
            Effects = [.. Effects(command, frame.Model, version, answer, next)],
            Button = Button(command, version),
            ButtonWithSuccessor = successors.Count == 0 ? null
                : command.Action == VersionAction.Delete ? "Delete for ever and use {}" : "Deactivate and use {}",
            IsDangerous = command.Action == VersionAction.Delete,
            Hidden = [(IfMatch, found.ETag!), (From, choice.From ?? "")],
            Successors = successors,
            Successor = choice.PromoteTo,
            MustType = MustType(command, version, answer, clock),
            Curl = Curl(context, command, version.Id, choice, found.ETag!),
        });
    }

    private static async Task<IResult> Send(
        HttpContext context, RequestCaller caller, RegistryApi api, TimeProvider clock, string model, string number, string command)
    {
        if (!ConsoleCommand.TryFind(command, out var known))
        {
            return NoPage();
        }

        var form = await context.ReadForm();
        var version = (await api.Read<VersionView>(context, "get_version_by_number", new { model, number })).OrRefuse();
        var from = form[From].ToString() is { Length: > 0 } given ? given : null;
        var choice = new CommandChoice(from, form[PromoteTo].ToString() is { Length: > 0 } chosen ? chosen : null, form.Text(Comment));
        if (form[IfMatch].ToString() is not { Length: > 0 } tag)
        {
            return await Again(StatusCodes.Status409Conflict, "Look at what it does, and send it from here.");
        }

        var tried = await Try(context, api, known, version.Id, choice, tag);
        if (tried.Value is { } preview)
        {
            if (MustType(known, version, preview, clock) is { } mustType && form[Confirm] != mustType)
            {
                return await Again(StatusCodes.Status409Conflict, $"Type {mustType} exactly to confirm.");
            }
        }

        var done = await api.Send<StopAnswer>(
            context, known.Method, known.Operation, new { id = version.Id }, known.Query(choice, isDryRun: false), known.Body(choice), tag);
        if (done.Problem is { } refused)
        {
            return await Again(refused.Status, refused.Code is ErrorCode.RevisionMismatch or ErrorCode.PrimaryMoved
                ? "Somebody has changed this meanwhile. This is how it is now; nothing was done."
                : refused.Detail);
        }

        var answer = done.Value!;
        var next = answer.PrimaryChange?.To is { } to ? (await api.Read<VersionView>(context, "get_version", new { id = to })).Value : null;
        Done(known, version, answer, next, from).Send(context.Response);
        return new SeeOther(answer.ModelDeleted ? Links.Root
            : known.Action == VersionAction.Delete ? Links.Model(version.ModelId)
            : Links.Version(version.ModelId, version.Version));

        async Task<IResult> Again(int status, string problem)
        {
            context.Response.StatusCode = status;
            return await CommandPage(context, caller, api, clock, model, number, known, choice.PromoteTo, problem);
        }
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
                Curl = CurlOf(context, HttpMethods.Post, $"/v1/models/{frame.Model.Id}/rollback", body, null),
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
        Done(ConsoleCommand.Promote, version, new StopAnswer { Version = version }, null, from).Send(context.Response);
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
                Curl = CurlOf(context, HttpMethods.Delete, $"/v1/models/{id}", null, tag),
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

    private static Task<ApiAnswer<StopAnswer>> Try(
        HttpContext context, RegistryApi api, ConsoleCommand command, string versionId, CommandChoice choice, string? tag) =>
        api.Send<StopAnswer>(
            context, command.Method, command.Operation, new { id = versionId }, command.Query(choice, isDryRun: true), command.Body(choice), tag);

    /// <summary>The versions that can be primary when one leaves: all routable ones but it.</summary>
    private static async Task<IReadOnlyList<(string Id, string Number)>> Successors(
        HttpContext context, RegistryApi api, ModelView model, VersionView leaving)
    {
        List<(string, string)> successors = [];
        foreach (var state in (VersionState[])[VersionState.Published, VersionState.Draft])
        {
            var page = (await api.Read<Page<VersionView>>(
                context,
                "list_versions",
                new { model = model.Id },
                QueryString.Create("state", EnumNames<VersionState>.Of(state)).Add("page_size", "200"))).OrRefuse();
            successors.AddRange(page.Items
                .Where(version => version.Id != leaving.Id && (version.Serving is null || version.Serving.Status.IsRoutable()))
                .Select(version => (version.Id, version.Version)));
        }

        return successors;
    }

    private static IEnumerable<string> Effects(ConsoleCommand command, ModelView model, VersionView version, StopAnswer answer, VersionView? next)
    {
        var number = version.Version;
        if (answer.ModelDeleted)
        {
            yield return "It is the model's last version: the model is deleted with it.";
        }
        else if (answer.PrimaryChange is not null)
        {
            yield return next is null
                ? "The model has no primary then: calls that name no version are refused."
                : $"Calls that name no version get {next.Version} instead of {model.Primary?.Version ?? "a refusal"}.";
        }
        else if (command.Stops)
        {
            yield return $"The primary stays {model.Primary?.Version ?? "unset"}.";
        }

        foreach (var referrer in (answer.References ?? []).Where(referrer => referrer != "primary"))
        {
            var alias = referrer.Replace("alias:", "@", StringComparison.Ordinal);
            yield return command.Action == VersionAction.Delete ? $"{alias} points to no version any more." : $"Calls of {alias} are refused, too.";
        }

        switch (command.Action)
        {
            case VersionAction.Promote when model.Primary is { } before:
                yield return $"{before.Version} stays active: calls that name it go on.";
                break;
            case VersionAction.Deactivate:
                yield return $"Calls that name {number} are refused at once; those that run may finish.";
                yield return "Its active time ends, and it is not billed until it is activated again.";
                break;
            case VersionAction.Delete:
                yield return $"Calls that name {number} are refused for ever. The number is not given again.";
                yield return "Its history and its bills stay.";
                break;
            case VersionAction.Activate:
                yield return version.Serving is null ? "It can be resolved at once." : "Its server is asked whether it is up; until then calls are refused.";
                yield return "Its active time is billed from when it is up.";
                break;
            case VersionAction.Publish:
                yield return answer.PrimaryChange is null ? "The primary does not move now." : $"{number} becomes the primary.";
                yield return "Its active time counts for the published stage from now on.";
                break;
            default:
                break;
        }

        if (answer.Traffic is { } traffic)
        {
            yield return traffic.LastCallAt is null
                ? "Nobody has called it."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Text.Count(traffic.LastMinute, "call", "calls")} in the last minute, {traffic.InFlight} in flight; last called {Text.Shown(traffic.LastCallAt.Value)}.");
        }
    }

    /// <summary>The text that must be typed to confirm a command, by its dry run; null for none.</summary>
    private static string? MustType(ConsoleCommand command, VersionView version, StopAnswer preview, TimeProvider clock) =>
        preview.ModelDeleted ? version.ModelName
        : command.Action == VersionAction.Delete && preview.Traffic?.LastCallAt > clock.GetUtcNow() - Lately ? version.Version
        : null;

    private static string Button(ConsoleCommand command, VersionView version) => command.Action switch
    {
        VersionAction.Promote => $"Make {version.Version} primary",
        VersionAction.Publish => $"Publish {version.Version}",
        VersionAction.Activate => $"Activate {version.Version}",
        VersionAction.Deactivate => $"Deactivate {version.Version}",
        VersionAction.Delete => $"Delete {version.Version} for ever",
    };

    private static Receipt Done(ConsoleCommand command, VersionView version, StopAnswer answer, VersionView? next, string? from)
    {
        var number = version.Version;
        var primary = next is null || next.Id == version.Id ? "" : $" {next.Version} is primary.";
        return command.Action switch
        {
            VersionAction.Promote when from is not null =>
                new Receipt($"{number} is primary.", Links.Model(version.ModelId, "/rollback"), "Roll back"),
            VersionAction.Promote => new Receipt($"{number} is primary."),
            VersionAction.Publish => new Receipt(answer.PrimaryChange is null ? $"{number} is published." : $"{number} is published, and primary."),
            VersionAction.Activate => new Receipt(
                answer.Version.Serving?.Status == ServingStatus.Starting ? $"{number} is starting." : $"{number} is active."),
            VersionAction.Deactivate =>
                new Receipt($"{number} is inactive.{primary}", Links.Command(version.ModelId, number, "activate"), "Activate again"),
            VersionAction.Delete => new Receipt(
                answer.ModelDeleted ? $"{number} is deleted, and the model {version.ModelName} with it." : $"{number} is deleted for ever.{primary}"),
        };
    }

    private static string Curl(HttpContext context, ConsoleCommand command, string versionId, CommandChoice choice, string tag)
    {
        var path = $"/v1/model_versions/{versionId}{(command.Action == VersionAction.Delete ? "" : $"/{command.Name}")}";
        return CurlOf(context, command.Method, path + command.Query(choice, isDryRun: false), command.Body(choice), tag);
    }

    private static string CurlOf(HttpContext context, string method, string path, JsonObject? body, string? tag)
    {
        const string line = " \\\n  ";
        return $"curl -X {method} '{context.ServerAddress()}{path}'{line}-H \"Authorization: Bearer $ORK_API_KEY\""
            + (tag is null ? "" : $"{line}-H 'If-Match: {tag}'")
            + (body is null ? "" : $"{line}-H 'Content-Type: application/json' -d '{body.ToJsonString()}'");
    }

    private static RazorComponentResult<ConfirmPage> Page(ModelFrame frame, ConfirmView view) => new(new { Frame = frame, View = view });

    private static Refusal NoPage() => new(new RegistryError(ErrorCode.NotFound, "There is no such page."));
}
