using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>The limits on connections, which nodes of every role have.</summary>
internal static class ConnectionLimits
{
    /// <summary>Adds them.</summary>
    public static void AddConnectionLimits(this IServiceCollection services, LimitOptions limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton<CallerAddresses>();
        services.AddSingleton<RefusedAttempts>();
        services.AddSingleton<CallerConnections>();
        services.AddOptions<KestrelServerOptions>().Configure<CallerConnections>((kestrel, connections) =>
            kestrel.ConfigureEndpointDefaults(listen => listen.Use(next => connection => connections.Serve(connection, next))));
    }
}
