using Orleans.Configuration;

namespace OrleansRegistry.Cluster;

/// <summary>
/// How the clusters of the registry are called. Which one a node or client means, addresses and certificates tell.
/// </summary>
internal static class ClusterName
{
    /// <summary>
    /// The service id and the cluster id of Orleans. It stands in every stored row, and can't change without losing
    /// sight of them.
    /// </summary>
    public const string Value = "orleans-registry";

    /// <summary>Sets both.</summary>
    public static void Set(ClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (options.ServiceId, options.ClusterId) = (Value, Value);
    }
}
