using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

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
/// <param name="purpose">Its purpose.</param>
/// <param name="timeout">Ends it unless a request comes in time, or null.</param>
internal sealed class CallerConnection(ConnectionPurpose purpose, ITimer? timeout)
{
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

    /// <summary>A request has come, or the connection has ended: nothing is waited for any more.</summary>
    public void StopWaiting()
    {
        if (_timeout is not null)
        {
            Interlocked.Exchange(ref _timeout, null)?.Dispose();
        }
    }
}
