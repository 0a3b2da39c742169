using System.Globalization;
using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages.Models;

namespace OrleansRegistry.WebConsole.Pages.Versions;

/// <summary>The pages of a version.</summary>
internal static class VersionPages
{
    private const string Path = Links.Root + "/models/{model}/versions/{number}";
    private const int MinutesShown = 60;
    private const int HoursShown = 168;
    private const int LinesShown = 1000;

    /// <summary>Maps the routes.</summary>
    public static void MapVersionPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, Overview).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/traffic", Traffic).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/events", Events).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/resolve", Resolve).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/billing", Billing).RequirePermission(Permission.Read);
        pages.MapGet(Path + "/logs", Logs).RequirePermission(Permission.Deploy);
        pages.MapGet(Path + "/logs/live", LiveLog).RequirePermission(Permission.Deploy).Lasts(_ => true);
    }

    private static async Task<RazorComponentResult<VersionPage>> Overview(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string number)
    {
        var (frame, version) = await Read(context, caller, api, model, number);
        return new RazorComponentResult<VersionPage>(new
        {
            Frame = frame,
            Version = version,
            Traffic = await ReadTraffic(context, api, version),
            Address = context.ServerAddress(),
        });
    }

    private static async Task<RazorComponentResult<VersionTrafficPage>> Traffic(
        HttpContext context, RequestCaller caller, RegistryApi api, TimeProvider clock, string model, string number)
    {
        var (frame, version) = await Read(context, caller, api, model, number);
        var traffic = await ReadTraffic(context, api, version);
        var now = clock.GetUtcNow();
        return new RazorComponentResult<VersionTrafficPage>(new
        {
            Frame = frame,
            Version = version,
            Traffic = traffic,
            Minutes = TrafficChart.Of(traffic.Minutes, TimeSpan.FromMinutes(1), MinutesShown, now),
            Hours = TrafficChart.Of(traffic.Hours, TimeSpan.FromHours(1), HoursShown, now),
        });
    }

    private static async Task<RazorComponentResult<VersionEventsPage>> Events(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string number)
    {
        var (frame, version) = await Read(context, caller, api, model, number);
        var events = await api.ReadEvents(context, "list_version_events", new { id = version.Id });
        return new RazorComponentResult<VersionEventsPage>(new
        {
            Frame = frame,
            Version = version,
            Events = (IReadOnlyList<RegistryEvent>)events.Items,
            Next = context.NextPage(events.NextPageToken),
        });
    }

    private static async Task<RazorComponentResult<VersionResolvePage>> Resolve(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string number)
    {
        var (frame, version) = await Read(context, caller, api, model, number);
        return new RazorComponentResult<VersionResolvePage>(new
        {
            Frame = frame,
            Version = version,
            View = await api.ReadResolved(
                context, version.ModelId, Links.Version(version.ModelId, version.Version, "/resolve"), fallback: version.Version),
        });
    }

    private static async Task<RazorComponentResult<VersionBillingPage>> Billing(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string number)
    {
        var (frame, version) = await Read(context, caller, api, model, number);
        return new RazorComponentResult<VersionBillingPage>(new
        {
            Frame = frame,
            Version = version,
            Usage = (await api.Read<VersionUsage>(context, "get_version_usage", new { id = version.Id })).OrRefuse(),
        });
    }

    private static async Task<RazorComponentResult<VersionLogPage>> Logs(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string number)
    {
        var (frame, version) = await Read(context, caller, api, model, number);
        var log = await api.Read<LogView>(
            context, "get_version_log", new { id = version.Id }, QueryString.Create("tail", LinesShown.ToString(CultureInfo.InvariantCulture)));
        return new RazorComponentResult<VersionLogPage>(new
        {
            Frame = frame,
            Version = version,
            log.OrRefuse().Lines,
        });
    }

    /// <summary>The lines behind the one that the query names, and those that come: the page's script adds them.</summary>
    private static async Task LiveLog(HttpContext context, RegistryApi api, string model, string number)
    {
        var version = (await api.Read<VersionView>(context, "get_version_by_number", new { model, number })).OrRefuse();
        var query = QueryString.Create("after", context.Request.Query["after"].ToString());
        await api.Forward(context, "get_version_log", new { id = version.Id }, query, MediaTypeNames.Text.EventStream);
    }

    private static async Task<(ModelFrame Frame, VersionView Version)> Read(
        HttpContext context, RequestCaller caller, RegistryApi api, string model, string number) =>
        (await api.ReadFrame(context, caller, model), (await api.Read<VersionView>(context, "get_version_by_number", new { model, number })).OrRefuse());

    private static async Task<TrafficView> ReadTraffic(HttpContext context, RegistryApi api, VersionView version) =>
        (await api.Read<TrafficView>(context, "get_version_traffic", new { id = version.Id })).OrRefuse();
}
