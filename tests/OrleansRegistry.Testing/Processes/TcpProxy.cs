using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansRegistry.Testing;

/// <summary>Stands between a node and its database, to take the database away.</summary>
public sealed class TcpProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly (string Host, int Port) _target;
    private volatile TaskCompletionSource _open = Opened();
    private volatile bool _refuses;

    public TcpProxy(string host, int port)
    {
        _target = (host, port);
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

    /// <summary>Keeps connections and takes new ones, but lets nothing through: what a frozen server looks like.</summary>
    public void Freeze() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets everything through again.</summary>
    public void Heal()
    {
        _refuses = false;
        _open.TrySetResult();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Heal();
        CloseAll();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private void CloseAll()
    {
        while (_clients.TryTake(out var client))
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

                var server = new TcpClient();
                await server.ConnectAsync(_target.Host, _target.Port);
                _clients.Add(client);
                _clients.Add(server);
                _ = Pump(client, server);
                _ = Pump(server, client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped: the test is over.
        }
    }

    private async Task Pump(TcpClient from, TcpClient to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
            {
                await _open.Task;
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
}
