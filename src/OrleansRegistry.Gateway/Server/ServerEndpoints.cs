using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The properties that a client can rely on here.</summary>
internal static class ServerEndpoints
{
    private const string Api = "v1";

    /// <summary>Maps the route.</summary>
    public static void MapServer(this IEndpointRouteBuilder routes) => routes.MapGet("server", GetServer)
        .WithName("get_server")
        .RequirePermission(Permission.Resolve)
        .WithTags("Server")
        .AcceptsParameters();

    /// <summary>Says what the registry is: its version, the optional parts that it has, and its limits.</summary>
    public static Answer<ServerAnswer> GetServer(IEnumerable<ServerFeature> features, CallOptions calls)
    {
        var known = features.Select(feature => (feature.Name, Reason: feature.OffReason?.Invoke())).ToList();
        return new ServerAnswer
        {
            Version = ServerVersion.Value,
            Api = Api,
            Features = [.. known.Where(feature => feature.Reason is null).Select(feature => feature.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Off = known.Where(feature => feature.Reason is not null).ToImmutableSortedDictionary(feature => feature.Name, feature => feature.Reason!, StringComparer.Ordinal),
            Limits = new ServerLimits
            {
                MaxBodyBytes = RegistryGateway.MaxBodyBytes,
                MaxCallBodyBytes = calls.MaxBodyBytes,
                PartSize = ArtifactLimits.PartBytes,
                MaxPageSize = CommonParameters.MaxPageSize,
            },
        };
    }
}
