using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages.Models;

/// <summary>The pages of a model.</summary>
internal static class ModelPages
{
    private const string Path = Links.Root + "/models/{model}";

    /// <summary>Maps the routes.</summary>
    public static void MapModelPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, Overview).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/traffic", Traffic).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/history", History).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/events", Events).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/resolve", Resolve).RequirePermission(Permission.Read);
    }

    private static async Task<RazorComponentResult<ModelPage>> Overview(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var traffic = frame.Model.Primary is { } primary
            ? await api.Read<TrafficView>(context, "get_version_traffic", new { id = primary.VersionId })
            : null;
        return new RazorComponentResult<ModelPage>(new
        {
            Frame = frame,
            Traffic = traffic?.Value,
            Previous = await PreviousPrimary(context, caller, api, frame.Model),
            Events = await api.ReadLatestEvents(context, frame.Model.Id),
        });
    }

    private static async Task<RazorComponentResult<ModelTrafficPage>> Traffic(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var traffic = (await api.Read<Page<VersionTraffic>>(context, "get_model_traffic", new { model }, context.Paging())).OrRefuse();
        return new RazorComponentResult<ModelTrafficPage>(new
        {
            Frame = frame,
            Rows = (IReadOnlyList<(string, bool, TrafficView)>)[.. traffic.Items.Select(row => (row.Version, row.IsPrimary, row.Traffic))],
            Next = context.NextPage(traffic.NextPageToken),
        });
    }

    private static async Task<RazorComponentResult<HistoryPage>> History(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var at = context.Request.Query["at"].ToString().Trim();
        var query = context.Paging(at.Length == 0 ? QueryString.Empty : QueryString.Create("at", at));
        var found = await api.Read<Page<PrimaryPeriod>>(context, "list_primaries", new { model }, query);
        if (found.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
        }

        return new RazorComponentResult<HistoryPage>(new
        {
            Frame = frame,
            Periods = (IReadOnlyList<PrimaryPeriod>)(found.Value?.Items ?? []),
            At = at.Length == 0 ? null : at,
            Problem = found.Problem?.Summary(),
            Next = context.NextPage(found.Value?.NextPageToken),
        });
    }

    private static async Task<RazorComponentResult<ModelEventsPage>> Events(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var events = await api.ReadEvents(context, "list_model_events", new { model });
        return new RazorComponentResult<ModelEventsPage>(new
        {
            Frame = frame,
            Events = (IReadOnlyList<RegistryEvent>)events.Items,
            Next = context.NextPage(events.NextPageToken),
        });
    }

    private static async Task<RazorComponentResult<ModelResolvePage>> Resolve(HttpContext context, RequestCaller caller, RegistryApi api, string model)
    {
        var frame = await api.ReadFrame(context, caller, model);
        return new RazorComponentResult<ModelResolvePage>(
            new { Frame = frame, View = await api.ReadResolved(context, frame.Model.Id, Links.Model(frame.Model.Id, "/resolve"), "") });
    }

    /// <summary>Where the selector leads that the page's address names.</summary>
    /// <param name="api">The interface.</param>
    /// <param name="page">The page's request.</param>
    /// <param name="model">The model.</param>
    /// <param name="action">The address of the page.</param>
    /// <param name="fallback">The selector of an address that names none.</param>
    public static async Task<ResolveView> ReadResolved(this RegistryApi api, HttpContext page, string model, string action, string fallback)
    {
        var selector = page.Request.Query.TryGetValue("selector", out var given) ? given.ToString().Trim() : fallback;
        var query = QueryString.Create("explain", "true");
        return ResolveView.Of(
            action,
            selector,
            await api.Read<ResolveAnswer>(page, "resolve", new { model }, selector.Length == 0 ? query : query.Add("version", selector)));
    }

    /// <summary>The number of the version that a rollback would make primary, or null where it would be refused.</summary>
    private static async Task<string?> PreviousPrimary(HttpContext context, RequestCaller caller, RegistryApi api, ModelView model)
    {
        if (model.Primary is null || !caller.Role.Allows(Permission.Deploy))
        {
            return null;
        }

        var tried = await api.Send<CommandAnswer>(
            context, HttpMethods.Post, "rollback", new { model = model.Id }, QueryString.Create("dry_run", "true"), null);
        return tried.Value?.Version.Version;
    }
}
