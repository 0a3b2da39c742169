using System.Diagnostics;
using OrleansRegistry.Outbound;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansRegistry.Gateway;

/// <summary>The connections to the models' servers: kept and used again, watched by the guard, and traced.</summary>
public sealed class BackendClient : IDisposable
{
    /// <summary>How long a connection is used, so that a name that leads to another address now is noticed.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Makes the client.</summary>
    public BackendClient(OutboundHttp outbound, InvocationOptions options)
    {
        var handler = outbound.CreateHandler();
        handler.ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds);
        handler.PooledConnectionLifetime = Lifetime;
        handler.EnableMultipleHttp2Connections = true;
        handler.ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current);
        Invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>Sends requests as they are.</summary>
    internal HttpMessageInvoker Invoker { get; }

    /// <inheritdoc/>
    public void Dispose() => Invoker.Dispose();
}
