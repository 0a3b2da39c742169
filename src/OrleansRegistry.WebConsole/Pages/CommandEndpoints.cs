using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.Versions;
using OrleansRegistry.WebConsole.Pages.Forms;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>
/// Commands on versions: a page that says what one does, as a dry run of it tells, and a form that sends it with the state that was
/// shown. If the state has moved on meanwhile, nothing is done, and the page shows what is true now.
/// </summary>
internal static class CommandEndpoints
{
    private const string IfMatch = "if_match";
    private const string From = "from";
    private const string PromoteTo = "promote_to";
    private const string Confirm = "confirm";
    private const string Comment = "comment";

    /// <summary>Maps the routes.</summary>
    public static void MapCommands(this IEndpointRouteBuilder pages)
    {
        const string version = Links.Root + "/models/{model}/versions/{number}/{command}";
        pages.MapGet(version, Show).RequirePermission(Permission.Read);
        pages.MapPost(version, Send).RequirePermission(Permission.Read);
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
        choice = choice with { PromoteTo = successors.Any(one => one.Id == next?.Id) ? next!.Id : null };
        return Page(frame, view with
        {
            Effects = [.. CommandWords.Effects(command, frame.Model, version, answer, next)],
            Button = CommandWords.Button(command, version),
            ButtonWithSuccessor = successors.Count == 0 ? null
                : command.Action == VersionAction.Delete ? "Delete for ever and use {}" : "Deactivate and use {}",
            IsDangerous = command.Action == VersionAction.Delete,
            Hidden = [(IfMatch, found.ETag!), (From, choice.From ?? "")],
            Successors = successors,
            Successor = choice.PromoteTo,
            MustType = CommandWords.MustType(command, version, answer, clock),
            Curl = CurlText.Of(context, command, version.Id, choice, found.ETag!),
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
            if (CommandWords.MustType(known, version, preview, clock) is { } mustType && form[Confirm] != mustType)
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
        CommandWords.Done(known, version, answer, next, from).Send(context.Response);
        return new SeeOther(answer.ModelDeleted ? Links.Root
            : known.Action == VersionAction.Delete ? Links.Model(version.ModelId)
            : Links.Version(version.ModelId, version.Version));

        async Task<IResult> Again(int status, string problem)
        {
            context.Response.StatusCode = status;
            return await CommandPage(context, caller, api, clock, model, number, known, choice.PromoteTo, problem);
        }
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
                .Where(version => version.Id != leaving.Id && (version.Serving is null || (version.Serving.Status.IsRoutable() && version.Serving.Health is null)))
                .Select(version => (version.Id, version.Version)));
        }

        return successors;
    }

    private static RazorComponentResult<ConfirmPage> Page(ModelFrame frame, ConfirmView view) => new(new { Frame = frame, View = view });

    private static Refusal NoPage() => new(new RegistryError(ErrorCode.NotFound, "There is no such page."));
}
