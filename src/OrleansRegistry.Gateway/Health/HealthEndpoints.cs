using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansRegistry.Gateway;

/// <summary>The answer of a health route.</summary>
/// <param name="Status"><c>healthy</c>, <c>degraded</c> or <c>unhealthy</c>.</param>
/// <param name="Checks">The checks.</param>
internal sealed record HealthAnswer(string Status, IReadOnlyDictionary<string, HealthCheckAnswer> Checks);

/// <summary>The result of one check.</summary>
/// <param name="Status"><c>healthy</c>, <c>degraded</c> or <c>unhealthy</c>.</param>
/// <param name="Description">The problem, or null.</param>
internal sealed record HealthCheckAnswer(string Status, string? Description);

/// <summary>Health: whether the process lives, has started, and can answer.</summary>
internal static class HealthEndpoints
{
    /// <summary>The tag of checks that say whether the node can answer.</summary>
    public const string ReadyTag = "ready";

    /// <summary>The tag of checks that say whether the node has started.</summary>
    public const string StartupTag = "startup";

    /// <summary>Adds what the routes need, on a node that has no others.</summary>
    public static IServiceCollection AddHealthRoutes(this IServiceCollection services, LimitOptions limits)
    {
        services.Configure<KestrelServerOptions>(kestrel => kestrel.AddServerHeader = false);
        services.AddConnectionLimits(limits);
        services.AddStoppingHealth();
        return services;
    }

    /// <summary>Adds health checks, and the one that tells that the node stops.</summary>
    public static void AddStoppingHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<StoppingHealth>(StoppingHealth.Name, tags: [ReadyTag]);

    /// <summary>Maps the routes.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        Map("live", _ => false);
        Map("ready", check => check.Tags.Contains(ReadyTag));
        Map("startup", check => check.Tags.Contains(StartupTag));

        void Map(string name, Func<HealthCheckRegistration, bool> predicate) =>
            routes.MapHealthChecks($"{HealthRoute.Prefix}/{name}", new HealthCheckOptions { Predicate = predicate, ResponseWriter = Write })
                .WithMetadata(HealthRoute.Instance)
                .AllowAnonymous();
    }

    private static Task Write(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new HealthAnswer(
            EnumNames<HealthStatus>.Of(report.Status),
            report.Entries.ToDictionary(
                entry => entry.Key, entry => new HealthCheckAnswer(EnumNames<HealthStatus>.Of(entry.Value.Status), entry.Value.Description))),
        JsonSettings.TypeOf<HealthAnswer>(),
        MediaTypeNames.Application.Json,
        context.RequestAborted);
}
