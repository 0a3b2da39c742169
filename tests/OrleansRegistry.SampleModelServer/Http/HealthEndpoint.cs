using Microsoft.AspNetCore.Http.HttpResults;
using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>The answer of <c>GET /health</c>.</summary>
/// <param name="Status"><c>starting</c> or <c>ready</c>.</param>
internal sealed record HealthAnswer(string Status);

/// <summary>The health URL that the registry probes.</summary>
internal static class HealthEndpoint
{
    /// <summary>Maps <c>GET /health</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes) => routes.MapGet("/health", Health);

    /// <summary>200 once the model has started, 503 before.</summary>
    public static JsonHttpResult<HealthAnswer> Health(SlowStart start) =>
        start.IsOver
            ? TypedResults.Json(new HealthAnswer("ready"))
            : TypedResults.Json(new HealthAnswer("starting"), statusCode: StatusCodes.Status503ServiceUnavailable);
}
