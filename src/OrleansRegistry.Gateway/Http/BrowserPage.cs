using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>On a route for browsers, which ask their user for a key as for a password. Such routes only read.</summary>
internal sealed class BrowserPage
{
    public static readonly BrowserPage Instance = new();

    /// <summary>Where the API reference is.</summary>
    public const string Reference = "/scalar";

    /// <summary>Where Orleans' dashboard is.</summary>
    public const string Dashboard = "/dashboard";

    /// <summary>Whether a path belongs to the API reference or the dashboard.</summary>
    public static bool IsPath(PathString path) =>
        IsReference(path) || path.StartsWithSegments(Dashboard, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a path belongs to the API reference.</summary>
    public static bool IsReference(PathString path) => path.StartsWithSegments(Reference, StringComparison.OrdinalIgnoreCase);
}
