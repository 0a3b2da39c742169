using Microsoft.AspNetCore.Builder;

namespace OrleansRegistry.Gateway;

/// <summary>How much requests on artifacts may bring.</summary>
internal static class ArtifactLimits
{
    /// <summary>As many bytes as a request of an upload should bring: what is not stored when it breaks off is sent again.</summary>
    public const int PartBytes = 8 * 1024 * 1024;

    /// <summary>Bodies of uploads.</summary>
    public static BodyLimit Part { get; } = new(64L * 1024 * 1024);

    /// <summary>Lists of files.</summary>
    public static BodyLimit Manifest { get; } = new(16L * 1024 * 1024);

    /// <summary>Says of a route how much it takes, and that its requests count as uploads.</summary>
    public static TBuilder Uploads<TBuilder>(this TBuilder route, BodyLimit limit)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(limit, new UploadRequest());
}
