using System.Net.Sockets;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>What a model's server does with a request instead of answering it.</summary>
public enum Fault
{
    /// <summary>It takes no connections.</summary>
    Refuses = 0,

    /// <summary>It reads the head and resets the connection.</summary>
    Resets = 1,

    /// <summary>It reads the head and closes the connection.</summary>
    Closes = 2,

    /// <summary>It answers a head and half a body, and resets the connection.</summary>
    ResetsAfterHead = 3,

    /// <summary>It reads the head, and says nothing.</summary>
    Hangs = 4,

    /// <summary>It answers 503.</summary>
    IsBusy = 5,

    /// <summary>It answers what is no HTTP.</summary>
    Babbles = 6,
}

/// <summary>A server that fails in one way, and counts the requests that it got.</summary>
public sealed class FaultyServer : IAsyncDisposable
{
    private readonly RawBackend _server;
    private int _requests;

    /// <summary>Starts a server that reads so much behind the head, and then fails.</summary>
    public FaultyServer(Fault fault, int length = 0)
    {
        _server = new RawBackend((stream, stop) => Fail(fault, length, stream, stop));
        if (fault == Fault.Refuses)
        {
            _server.StopListening();
        }
    }

    /// <summary>Where it listens.</summary>
    public string Url => _server.Url;

    /// <summary>How many heads of requests it has read.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task Fail(Fault fault, int length, NetworkStream stream, CancellationToken stop)
    {
        if ((await RawBackend.ReadHead(stream, stop)).Length == 0)
        {
            return;
        }

        Interlocked.Increment(ref _requests);
        await stream.ReadExactlyAsync(new byte[length], stop);
        switch (fault)
        {
            case Fault.ResetsAfterHead:
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"u8.ToArray(), stop);
                break;
            case Fault.IsBusy:
                await stream.WriteAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy"u8.ToArray(), stop);
                await ReadOn(stream, stop);
                break;
            case Fault.Babbles:
                await stream.WriteAsync("HTTP/1.1 2OO OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), stop);
                await ReadOn(stream, stop);
                break;
            case Fault.Hangs:
                await ReadOn(stream, stop);
                break;
            default:
                break;
        }

        if (fault is Fault.Resets or Fault.ResetsAfterHead)
        {
            stream.Socket.Close(timeout: 0);
        }
    }

    private static Task ReadOn(NetworkStream stream, CancellationToken stop) => stream.CopyToAsync(Stream.Null, stop);
}
