using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages;

/// <summary>Events as pages show them: newest first.</summary>
internal static class EventQueries
{
    /// <summary>A page of the newest ones.</summary>
    public static QueryString Newest { get; } = QueryString.Create("order_by", "-id").Add("page_size", "100");

    /// <summary>The latest few, for an overview.</summary>
    private static readonly QueryString Latest = QueryString.Create("order_by", "-id").Add("page_size", "8");

    /// <summary>A page of the events of a model or a version.</summary>
    public static async Task<Page<RegistryEvent>> ReadEvents(this RegistryApi api, HttpContext page, string operation, object route) =>
        (await api.Read<Page<RegistryEvent>>(page, operation, route, page.Paging(Newest))).OrRefuse();

    /// <summary>The latest events of a model.</summary>
    public static async Task<IReadOnlyList<RegistryEvent>> ReadLatestEvents(this RegistryApi api, HttpContext page, string model) =>
        (await api.Read<Page<RegistryEvent>>(page, "list_model_events", new { model }, Latest)).OrRefuse().Items;
}
