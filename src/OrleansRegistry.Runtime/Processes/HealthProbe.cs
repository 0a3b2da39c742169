using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace OrleansRegistry.Runtime.Processes;

/// <summary>What a process answered when it was asked for its health.</summary>
internal enum Health
{
    /// <summary>2xx.</summary>
    Good,

    /// <summary>Another status; or the node itself could not ask.</summary>
    Bad,

    /// <summary>No answer of HTTP: it refuses or ends the connection, or says something else.</summary>
    Silent,

    /// <summary>Nothing, for the whole time that a probe waits.</summary>
    Hung,
}

/// <summary>Asks a process for its health, which may answer anything.</summary>
internal sealed class HealthProbe : IDisposable
{
    /// <summary>How long one probe waits (rule X8).</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const int MaxHeaderKilobytes = 16;
    private static readonly Uri Address = new("http://process/health");

    private readonly HttpMessageInvoker _client;
    private readonly TimeProvider _clock;

    /// <summary>Makes a probe.</summary>
    /// <param name="connect">Connects to the process.</param>
    /// <param name="clock">Bounds the wait.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client owns its handler.")]
    public HealthProbe(Func<CancellationToken, ValueTask<Stream>> connect, TimeProvider clock)
    {
        _clock = clock;
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            // What follows the headers is not read.
            MaxResponseDrainSize = 0,
            ConnectCallback = (_, cancellationToken) => connect(cancellationToken),
        });
    }

    /// <summary>Asks once.</summary>
    /// <param name="cancellationToken">Ends the question; the answer is <see cref="Health.Bad"/> then.</param>
    public async Task<Health> Ask(CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using HttpRequestMessage request = new(HttpMethod.Get, Address);
        request.Headers.ConnectionClose = true;
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            using var response = await _client.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode ? Health.Good : Health.Bad;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Without a socket it was not even asked: the node has no descriptors left.
            return e.InnerException is SocketException ? Health.Bad : Health.Silent;
        }
        catch (OperationCanceledException)
        {
            return timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested ? Health.Hung : Health.Bad;
        }
    }

    public void Dispose() => _client.Dispose();
}
