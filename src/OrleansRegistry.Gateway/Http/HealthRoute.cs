using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>On a route that says whether the node is well: it is answered to anybody, as often as they ask.</summary>
internal sealed class HealthRoute
{
    public static readonly HealthRoute Instance = new();

    /// <summary>What the paths of the node's own health begin with.</summary>
    public const string Prefix = "/health";

    /// <summary>Whether a path is one of the node's own health.</summary>
    public static bool IsPath(PathString path) => path.StartsWithSegments(Prefix, StringComparison.OrdinalIgnoreCase);
}
