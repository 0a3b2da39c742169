using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>On a route that says whether the node is well: it is answered to anybody, as often as they ask.</summary>
internal sealed class HealthRoute
{
    public static readonly HealthRoute Instance = new();

    /// <summary>The beginning of the paths of the node's own health.</summary>
    public const string Prefix = "/health";

    /// <summary>The beginning of the paths by which the Open Inference Protocol asks for it.</summary>
    public const string InferencePrefix = "/v2/health";

    /// <summary>Whether a path is one of the node's own health.</summary>
    public static bool IsPath(PathString path) => path.StartsWithSegments(Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a path asks for health by any protocol.</summary>
    public static bool IsAnyPath(PathString path) => IsPath(path) || path.StartsWithSegments(InferencePrefix, StringComparison.OrdinalIgnoreCase);
}
