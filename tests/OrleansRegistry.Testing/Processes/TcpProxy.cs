using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansRegistry.Testing;

/// <summary>Stands between two processes, to come between them.</summary>
public sealed class TcpProxy : IDisposable
{
    private readonly TcpListener _listener;
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = [];
    private readonly (string Host, int Port) _target;
    private volatile Blockade? _blockade;
    private volatile bool _refuses;
    private volatile Slowness _slowness = new(TimeSpan.Zero);

    public TcpProxy(string host, int port, int listenOn = 0)
    {
        _target = (host, port);
        _listener = new TcpListener(IPAddress.Loopback, listenOn);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Task.Run(Accept);
    }

    public int Port { get; }

    /// <summary>Closes every connection, and each new one at once.</summary>
    public void Refuse()
    {
        _refuses = true;
        CloseAll();
    }

    /// <summary>Keeps the connections that there are, and closes each new one at once.</summary>
    public void RefuseNew() => _refuses = true;

    /// <summary>Closes every connection, and takes new ones.</summary>
    public void Reset() => CloseAll();

    /// <summary>Lets everything through late, in either direction.</summary>
    public void Slow(TimeSpan delay) => _slowness = new Slowness(delay);

    /// <summary>Keeps connections and takes new ones, but lets nothing through: what a frozen server looks like.</summary>
    public void Freeze() => Hold((_, _) => true);

    /// <summary>
    /// Holds back what is sent on some connections, in some direction, as a network does that loses every packet: told are the port that
    /// the caller calls from, and whether it is the caller who sends.
    /// </summary>
    public void Hold(Func<int, bool, bool> isHeld)
    {
        var before = _blockade;
        _blockade = new Blockade(isHeld, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        before?.End.SetResult();
    }

    /// <summary>Lets everything through again.</summary>
    public void Heal()
    {
        _refuses = false;
        _slowness = new Slowness(TimeSpan.Zero);
        var before = _blockade;
        _blockade = null;
        before?.End.TrySetResult();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Heal();
        CloseAll();
    }

    private void CloseAll()
    {
        foreach (var (client, _) in _clients)
        {
            client.Close();
        }
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                if (_refuses)
                {
                    client.Close();
                    continue;
                }

                _ = Join(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped: the test is over.
        }
    }

    private async Task Join(TcpClient client)
    {
        var server = new TcpClient();
        _clients[client] = _clients[server] = true;
        try
        {
            var port = ((IPEndPoint)client.Client.RemoteEndPoint!).Port;
            await server.ConnectAsync(_target.Host, _target.Port);
            await Task.WhenAll(Pump(client, server, port, isCaller: true), Pump(server, client, port, isCaller: false));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Nobody is there.
        }

        foreach (var side in new[] { client, server })
        {
            side.Close();
            _clients.TryRemove(side, out _);
        }
    }

    private async Task Pump(TcpClient from, TcpClient to, int port, bool isCaller)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
            {
                if (_slowness.Delay > TimeSpan.Zero)
                {
                    await Task.Delay(_slowness.Delay);
                }

                while (_blockade is { } blockade && blockade.IsHeld(port, isCaller))
                {
                    await blockade.End.Task;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One side is gone; the other follows.
        }

        from.Close();
        to.Close();
    }

    private sealed record Slowness(TimeSpan Delay);

    private sealed record Blockade(Func<int, bool, bool> IsHeld, TaskCompletionSource End);
}
