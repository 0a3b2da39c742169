using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages.Models;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>The pages that only show.</summary>
internal static class PageEndpoints
{
    /// <summary>Maps the routes.</summary>
    public static void MapPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Root, Models).RequirePermission(Permission.Read);
        pages.MapGet(Links.Events, AllEvents).RequirePermission(Permission.Read);
        pages.MapGet(Links.Environments, Environments).RequirePermission(Permission.Deploy);
        pages.MapGet(Links.Live, Live).RequirePermission(Permission.Read).Lasts(_ => true);
    }

    private static async Task<RazorComponentResult<ModelsPage>> Models(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var query = context.Request.Query["q"].ToString();
        var label = context.Request.Query["label"].ToString();
        var filter = query.Length == 0 ? QueryString.Empty : QueryString.Create("q", query);
        filter = label.Length == 0 ? filter : filter.Add("label", label);
        var models = await api.Read<Page<ModelView>>(context, "list_models", null, context.Paging(filter));
        if (models.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
        }

        return new RazorComponentResult<ModelsPage>(new
        {
            User = ConsoleUser.Of(caller),
            Models = (IReadOnlyList<ModelView>)(models.Value?.Items ?? []),
            Query = query,
            Label = label,
            Problem = models.Problem?.Summary(),
            First = context.FirstPage(),
            Next = context.NextPage(models.Value?.NextPageToken),
            Receipt = Receipt.Take(context),
            Address = context.ServerAddress(),
        });
    }

    private static async Task<RazorComponentResult<EventsPage>> AllEvents(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var model = context.Request.Query["model"].ToString();
        var query = context.Paging(EventQueries.Newest);
        var events = (model.Length == 0
            ? await api.Read<Page<RegistryEvent>>(context, "list_events", null, query)
            : await api.Read<Page<RegistryEvent>>(context, "list_model_events", new { model }, query)).OrRefuse();
        return new RazorComponentResult<EventsPage>(new
        {
            User = ConsoleUser.Of(caller),
            Events = (IReadOnlyList<RegistryEvent>)events.Items,
            Model = model.Length == 0 ? null : model,
            First = context.FirstPage(),
            Next = context.NextPage(events.NextPageToken),
        });
    }

    private static async Task<RazorComponentResult<EnvironmentsPage>> Environments(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var view = (await api.Read<EnvironmentsView>(context, "list_environments")).OrRefuse();
        return new RazorComponentResult<EnvironmentsPage>(new { User = ConsoleUser.Of(caller), View = view });
    }

    /// <summary>Events of the workspace from now on: they tell the page's script that something has changed.</summary>
    private static Task Live(HttpContext context, RegistryApi api) =>
        api.Forward(context, "list_events", null, QueryString.Create("after", "now"), MediaTypeNames.Text.EventStream);
}
