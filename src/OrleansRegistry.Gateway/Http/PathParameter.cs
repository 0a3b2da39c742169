using Microsoft.AspNetCore.Builder;

namespace OrleansRegistry.Gateway;

/// <summary>What a name in a route's path stands for. Routes, or their group, say it: one name may mean another thing elsewhere.</summary>
/// <param name="Name">The name, as it stands in braces.</param>
/// <param name="Description">What it is, for the OpenAPI document.</param>
internal sealed record PathParameter(string Name, string Description)
{
    /// <summary>A model.</summary>
    public static PathParameter Model { get; } = new("model", "The model's id or URL-encoded name.");

    /// <summary>A version of any model.</summary>
    public static PathParameter Version { get; } = new("id", "The version's id, or `{model}@{number}`, URL-encoded.");

    /// <summary>A version of any model, where a name would be too easily another one.</summary>
    public static PathParameter VersionId { get; } = new("id", "The version's id.");
}

/// <summary>Describes paths.</summary>
internal static class PathParameters
{
    /// <summary>Says what names in the path stand for.</summary>
    public static TBuilder DescribePath<TBuilder>(this TBuilder route, params ReadOnlySpan<PathParameter> parameters)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata([.. parameters]);
}
