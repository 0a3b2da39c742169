using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRegistry.Runtime.Processes;

/// <summary>
/// The socket of one start: the node makes it and hands it down, so that no process names a path that the node connects
/// to.
/// </summary>
internal sealed class ProcessSocket : IDisposable
{
    /// <summary>The system takes 107.</summary>
    private const int MaxPathBytes = 100;

    /// <summary>How long to wait where the process accepts more slowly than it is asked.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(10);

    private const int NameBytes = 8;
    private const int Backlog = 512;
    private const string Extension = ".sock";

    [SuppressMessage("Usage", "CA2213", Justification = "Its descriptor is closed; see Dispose.")]
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private readonly TimeProvider _clock;

    /// <summary>Makes one in a directory.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    public ProcessSocket(string directory, TimeProvider clock)
    {
        _clock = clock;
        Path = System.IO.Path.Combine(directory, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes)) + Extension);
        try
        {
            _listener.Bind(new UnixDomainSocketEndPoint(Path));
            _listener.Listen(Backlog);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            throw new IOException($"The socket {Path} can't be made: {e.Message}", e);
        }
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>The descriptor that a process accepts from.</summary>
    public SafeSocketHandle Handle => _listener.SafeHandle;

    /// <summary>Makes the directory, for this user only, and removes the sockets that are in it.</summary>
    /// <exception cref="IOException">It can't be made, or its path is too long.</exception>
    public static void Prepare(string directory)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(directory, ownerOnly);
        File.SetUnixFileMode(directory, ownerOnly);
        if (Encoding.UTF8.GetByteCount(directory) + 1 + (2 * NameBytes) + Extension.Length > MaxPathBytes)
        {
            throw new IOException($"The path {directory} is too long for sockets in it, which may have {MaxPathBytes} bytes: name a shorter Registry__DataDirectory.");
        }

        foreach (var left in Directory.GetFiles(directory, "*" + Extension))
        {
            File.Delete(left);
        }
    }

    /// <summary>Connects to the process that has it, and waits where too many wait already: the system refuses them.</summary>
    /// <exception cref="IOException">Nobody listens.</exception>
    public async ValueTask<Stream> Connect(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await TryConnect(cancellationToken) is { } stream)
            {
                return stream;
            }

            await Task.Delay(RetryInterval, _clock, cancellationToken);
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The stream owns the socket.")]
    private async Task<Stream?> TryConnect(CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            socket.Dispose();
            return null;
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw e is SocketException ? new IOException($"The process does not answer: {e.Message}", e) : e;
        }
    }

    /// <summary>Closes this side's copy: from now on the socket refuses as soon as the process is gone.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "It is the listener that must not be finalized.")]
    public void Dispose()
    {
        // Only the descriptor: a socket of .NET that is disposed of, or finalized, removes its path.
        _listener.SafeHandle.Dispose();
        GC.SuppressFinalize(_listener);
    }

    /// <summary>Removes the path.</summary>
    public void Remove() => File.Delete(Path);
}
