using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The connections that are open, all together and by address. Some more are taken for health: those that come to its
/// own listener, or where there is none, a few that come when all others are taken. Those that stay silent are closed.
/// </summary>
internal sealed class CallerConnections(LimitOptions options, CallerAddresses addresses, RefusedAttempts refused, TimeProvider clock)
{
    /// <summary>Connections for health.</summary>
    public const int ForHealth = 64;

    private const int ForHealthPerAddress = 8;

    /// <summary>
    /// How long the first request may take to come in once it has begun: what the server grants a handshake and the
    /// head of a request, or little more.
    /// </summary>
    private static readonly TimeSpan FirstRequestTimeout = TimeSpan.FromSeconds(15);

    private static readonly RegistryError TooMany = new(ErrorCode.RateLimited, "The limit of open connections is reached.");

    private readonly Group _callers = new(options.Connections, options.ConnectionsPerAddress);
    private readonly Group _health = new(ForHealth, ForHealthPerAddress);

    /// <summary>Whether more than half of the connections that there may be are open.</summary>
    public bool AreScarce => _callers.Open > options.Connections / 2;

    /// <summary>Serves a connection if there is a place for it; otherwise it is closed.</summary>
    public async Task Serve(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        // Behind a proxy there are many callers; those without a socket address are on this machine.
        var holder = address.Equals(IPAddress.None) || addresses.IsTrusted(address) ? null : CallerAddresses.ToKey(address);
        var isForHealth = options.HealthPort is { } port && connection.LocalEndPoint is IPEndPoint local && local.Port == port;
        if (!isForHealth && _callers.TryEnter(holder))
        {
            await Serve(connection, next, ConnectionPurpose.Calls, _callers, holder);
        }
        else if ((isForHealth || options.HealthPort is null) && _health.TryEnter(holder))
        {
            await Serve(connection, next, isForHealth ? ConnectionPurpose.Health : ConnectionPurpose.Reserve, _health, holder);
        }
        else
        {
            refused.Count(TooMany, address);
        }
    }

    private async Task Serve(ConnectionContext connection, ConnectionDelegate next, ConnectionPurpose purpose, Group group, IPAddress? holder)
    {
        CallerConnection? served = null;
        try
        {
            if (options.FirstByteTimeoutSeconds > 0 && !await Speaks(connection.Transport.Input))
            {
                return;
            }

            served = new CallerConnection(
                connection,
                purpose,
                clock,
                options.FirstByteTimeoutSeconds > 0
                    ? clock.CreateTimer(static silent => ((ConnectionContext)silent!).Abort(), connection, FirstRequestTimeout, Timeout.InfiniteTimeSpan)
                    : null);
            connection.Features.Set(served);
            await next(connection);
        }
        finally
        {
            served?.StopWaiting();
            group.Leave(holder);
        }
    }

    /// <summary>Waits for the first byte, which is left where it is; false when none has come in time.</summary>
    private async Task<bool> Speaks(PipeReader input)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.FirstByteTimeoutSeconds), clock);
        try
        {
            var read = await input.ReadAsync(timeout.Token);
            input.AdvanceTo(read.Buffer.Start);
            return !read.Buffer.IsEmpty;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Silent for too long, or gone.
            return false;
        }
    }

    /// <summary>Connections that are counted together.</summary>
    private sealed class Group(int limit, int limitPerAddress)
    {
        private readonly OpenCounter<IPAddress> _ofAddress = new(limitPerAddress);
        private int _open;

        public int Open => Volatile.Read(ref _open);

        /// <summary>Takes a place, for an address or for nobody in particular.</summary>
        public bool TryEnter(IPAddress? address)
        {
            if (address is not null && !_ofAddress.TryEnter(address))
            {
                return false;
            }

            if (Interlocked.Increment(ref _open) <= limit)
            {
                return true;
            }

            Leave(address);
            return false;
        }

        public void Leave(IPAddress? address)
        {
            Interlocked.Decrement(ref _open);
            if (address is not null)
            {
                _ofAddress.Leave(address);
            }
        }
    }
}
