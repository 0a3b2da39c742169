using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>The pages that only show.</summary>
internal static class PageEndpoints
{
    private const int Events = 20;
    private const int EventsOfPage = 100;

    /// <summary>Maps the routes.</summary>
    public static void MapPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Root, Models).RequirePermission(Permission.Read);
        pages.MapGet(Links.Root + "/models/{model}", Model).RequirePermission(Permission.Read);
        pages.MapGet(Links.Root + "/models/{model}/versions/{number}", Version).RequirePermission(Permission.Read);
        pages.MapGet(Links.Events, AllEvents).RequirePermission(Permission.Read);
        pages.MapGet(Links.Live, Live).RequirePermission(Permission.Read).Lasts(_ => true);
    }

    private static async Task<RazorComponentResult<ModelsPage>> Models(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var query = context.Request.Query["q"].ToString();
        var token = context.Request.Query["page_token"].ToString();
        var filter = query.Length == 0 ? QueryString.Empty : QueryString.Create("q", query);
        var models = (await api.Read<Page<ModelView>>(
            context, "list_models", null, token.Length == 0 ? filter : filter.Add("page_token", token))).OrRefuse();
        return new RazorComponentResult<ModelsPage>(new
        {
            User = ConsoleUser.Of(caller),
            Models = (IReadOnlyList<ModelView>)models.Items,
            Query = query.Length == 0 ? null : query,
            IsLaterPage = token.Length > 0,
            Next = models.NextPageToken is { } next ? Links.Root + filter.Add("page_token", next) : null,
            Receipt = Receipt.Take(context),
            Address = AddressOf(context),
        });
    }

    private static async Task<RazorComponentResult<ModelPage>> Model(HttpContext context, RequestCaller caller, RegistryApi api, string model)
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
            Events = await Latest(context, api, "list_model_events", new { model = frame.Model.Id }),
        });
    }

    private static async Task<RazorComponentResult<VersionPage>> Version(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string number)
    {
        var frame = await api.ReadFrame(context, caller, model);
        var version = (await api.Read<VersionView>(context, "get_version_by_number", new { model, number })).OrRefuse();
        return new RazorComponentResult<VersionPage>(new
        {
            Frame = frame,
            Version = version,
            Traffic = (await api.Read<TrafficView>(context, "get_version_traffic", new { id = version.Id })).OrRefuse(),
            Events = await Latest(context, api, "list_version_events", new { id = version.Id }),
            Address = AddressOf(context),
        });
    }

    private static async Task<RazorComponentResult<EventsPage>> AllEvents(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var model = context.Request.Query["model"].ToString();
        var token = context.Request.Query["page_token"].ToString();
        var query = Newest(EventsOfPage);
        query = token.Length == 0 ? query : query.Add("page_token", token);
        var events = (model.Length == 0
            ? await api.Read<Page<RegistryEvent>>(context, "list_events", null, query)
            : await api.Read<Page<RegistryEvent>>(context, "list_model_events", new { model }, query)).OrRefuse();
        var filter = model.Length == 0 ? QueryString.Empty : QueryString.Create("model", model);
        return new RazorComponentResult<EventsPage>(new
        {
            User = ConsoleUser.Of(caller),
            Events = (IReadOnlyList<RegistryEvent>)events.Items,
            Model = model.Length == 0 ? null : model,
            Next = events.NextPageToken is { } next ? Links.Events + filter.Add("page_token", next) : null,
        });
    }

    /// <summary>Events of the workspace from now on: they tell the page's script that something has changed.</summary>
    private static Task Live(HttpContext context, RegistryApi api) =>
        api.Stream(context, "list_events", null, QueryString.Create("after", "now"));

    private static async Task<IReadOnlyList<RegistryEvent>> Latest(HttpContext context, RegistryApi api, string operation, object route) =>
        (await api.Read<Page<RegistryEvent>>(context, operation, route, Newest(Events))).OrRefuse().Items;

    private static QueryString Newest(int count) =>
        QueryString.Create("order_by", "-id").Add("page_size", count.ToString(CultureInfo.InvariantCulture));

    /// <summary>The number of the version that a rollback would make primary, or null where it would be refused.</summary>
    private static async Task<string?> PreviousPrimary(HttpContext context, RequestCaller caller, RegistryApi api, ModelView model)
    {
        if (model.Primary is null || !caller.Role.Allows(Permission.Deploy))
        {
            return null;
        }

        var tried = await api.Send<CommandAnswer>(
            context, HttpMethods.Post, "rollback", new { model = model.Id }, QueryString.Create("dry_run", "true"), null, null);
        return tried.Value?.Version.Version;
    }

    private static string AddressOf(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}";
}
