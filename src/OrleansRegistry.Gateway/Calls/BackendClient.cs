using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using OrleansRegistry.Outbound;

namespace OrleansRegistry.Gateway;

/// <summary>The connections to the models' servers: kept and used again, watched by the guard, and traced.</summary>
internal sealed class BackendClient : IDisposable
{
    /// <summary>How long a connection is used, so that a name that leads to another address now is noticed.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Makes the client.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handlers.")]
    public BackendClient(OutboundHttp outbound, CallOptions options)
    {
        var handler = outbound.CreateHandler();
        handler.ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds);
        handler.PooledConnectionLifetime = Lifetime;
        handler.EnableMultipleHttp2Connections = true;
        handler.ActivityHeadersPropagator = new TracePropagator(DistributedContextPropagator.Current);
        handler.RequestHeaderEncodingSelector = (_, _) => HeaderEncoding;
        handler.ResponseHeaderEncodingSelector = (_, _) => HeaderEncoding;
        handler.PlaintextStreamFilter = (connection, _) => ValueTask.FromResult(
            connection.NegotiatedHttpVersion.Major == 1 ? new ServerConnection(connection.PlaintextStream) : connection.PlaintextStream);
        Http = new HttpMessageInvoker(new EarlyAnswers(handler), disposeHandler: true);
    }

    /// <summary>
    /// How the bytes of headers become text and bytes again, towards callers and towards models' servers. Each byte is
    /// one character, whatever encoding the sender meant, so that headers arrive byte for byte.
    /// </summary>
    internal static Encoding HeaderEncoding => Encoding.Latin1;

    /// <summary>Sends requests as they are.</summary>
    internal HttpMessageInvoker Http { get; }

    /// <inheritdoc/>
    public void Dispose() => Http.Dispose();
}
