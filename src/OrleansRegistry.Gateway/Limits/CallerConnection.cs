using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>The purpose of a connection.</summary>
internal enum ConnectionPurpose
{
    /// <summary>Anything.</summary>
    Calls,

    /// <summary>Health: it came to the listener for that.</summary>
    Health,

    /// <summary>Health: it is one more than there may be, of those that are kept back for it.</summary>
    Reserve,
}

/// <summary>A connection as the requests that come by it see it.</summary>
/// <param name="connection">The connection, before anything is put on it.</param>
/// <param name="purpose">Its purpose.</param>
/// <param name="clock">The clock.</param>
/// <param name="timeout">Ends it unless a request comes in time, or null.</param>
internal sealed class CallerConnection(ConnectionContext connection, ConnectionPurpose purpose, TimeProvider clock, ITimer? timeout)
{
    /// <summary>How long a caller may take to read the rest of an answer that is broken off.</summary>
    private static readonly TimeSpan RestTimeout = TimeSpan.FromSeconds(5);

    private readonly PipeWriter _output = connection.Transport.Output;
    private ITimer? _timeout = timeout;

    /// <summary>Its purpose.</summary>
    public ConnectionPurpose Purpose => purpose;

    /// <summary>The connection of a request; null where it came by none of these.</summary>
    public static CallerConnection? Of(HttpContext context) => context.Features.Get<CallerConnection>();

    /// <summary>Says that the connection ends with the answer to a request.</summary>
    public static void CloseAfter(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
        else
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    /// <summary>
    /// Sends what was written to the connection, and nothing more. It is closed behind that, at once or after some
    /// seconds.
    /// </summary>
    public async Task SendWhatIsWritten(HttpContext context)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var closing = connection.ConnectionClosed.Register(closed.SetResult);
        // TLS writes to the connection beneath it.
        await context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Output.CompleteAsync();
        await _output.CompleteAsync();
        await ((Task)closed.Task.WaitAsync(RestTimeout, clock)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A request has come, or the connection has ended: nothing is waited for any more.</summary>
    public void StopWaiting()
    {
        if (_timeout is not null)
        {
            Interlocked.Exchange(ref _timeout, null)?.Dispose();
        }
    }
}
