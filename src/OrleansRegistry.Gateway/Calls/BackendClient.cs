using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansRegistry.Outbound;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The connections to the models' servers: kept and used again, traced, and watched by the guard unless the server is a
/// process of this node.
/// </summary>
internal sealed class BackendClient : IDisposable
{
    /// <summary>How long a connection is used, so that a name that leads to another address now is noticed.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly OutboundHttp _outbound;
    private readonly CallOptions _options;
    private readonly HttpMessageInvoker _elsewhere;

    // Connections to a process end with it, and what is kept for it goes when nobody has it any more.
    private readonly ConditionalWeakTable<IRunningProcess, HttpMessageInvoker> _processes = [];

    /// <summary>Makes the client.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handlers.")]
    public BackendClient(OutboundHttp outbound, CallOptions options) =>
        (_outbound, _options, _elsewhere) = (outbound, options, Make(outbound.CreateHandler(), options));

    /// <summary>
    /// How the bytes of headers become text and bytes again, towards callers and towards models' servers. Each byte is
    /// one character, whatever encoding the sender meant, so that headers arrive byte for byte.
    /// </summary>
    internal static Encoding HeaderEncoding => Encoding.Latin1;

    /// <summary>Sends requests as they are, to a process or to the servers elsewhere.</summary>
    internal HttpMessageInvoker For(IRunningProcess? process) => process is null ? _elsewhere : _processes.GetValue(process, Make);

    /// <inheritdoc/>
    public void Dispose() => _elsewhere.Dispose();

    private HttpMessageInvoker Make(IRunningProcess process)
    {
        var handler = _outbound.CreateHandler();
        handler.ConnectCallback = (_, cancellationToken) => process.Connect(cancellationToken);
        return Make(handler, _options);
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handlers.")]
    private static HttpMessageInvoker Make(SocketsHttpHandler handler, CallOptions options)
    {
        handler.ConnectTimeout = TimeSpan.FromSeconds(options.ConnectTimeoutSeconds);
        handler.PooledConnectionLifetime = Lifetime;
        handler.EnableMultipleHttp2Connections = true;
        handler.ActivityHeadersPropagator = new TracePropagator(DistributedContextPropagator.Current);
        handler.RequestHeaderEncodingSelector = (_, _) => HeaderEncoding;
        handler.ResponseHeaderEncodingSelector = (_, _) => HeaderEncoding;
        handler.PlaintextStreamFilter = (connection, _) => ValueTask.FromResult(
            connection.NegotiatedHttpVersion.Major == 1 ? new ServerConnection(connection.PlaintextStream) : connection.PlaintextStream);
        return new HttpMessageInvoker(new EarlyAnswers(handler), disposeHandler: true);
    }
}
