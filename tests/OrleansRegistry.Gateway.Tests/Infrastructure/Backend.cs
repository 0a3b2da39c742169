using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>A model's server that answers as a test says.</summary>
public sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Backend(WebApplication app) => _app = app;

    /// <summary>Where it listens, without a slash at the end.</summary>
    public string Url => _app.Urls.Single();

    /// <summary>Its serving spec, as a field of a deployment.</summary>
    public string Serving(string path = "") => $$"""
        "serving":{"url":"{{Url}}{{path}}"}
        """;

    /// <summary>The serving spec of a version with several servers, as a field of a deployment.</summary>
    public static string Serving(bool isRepeatable, params IEnumerable<string> urls) => $$"""
        "serving":{"servers":[{{string.Join(',', urls.Select(url => $$"""{"url":"{{url}}"}"""))}}],"repeatable":{{(isRepeatable ? "true" : "false")}}}
        """;

    /// <summary>Starts a server.</summary>
    public static async Task<Backend> Start(RequestDelegate answer, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(answer);
        await app.StartAsync();
        return new Backend(app);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>A server that speaks bytes, for what no HTTP server would say.</summary>
public sealed class RawBackend : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _accepted;

    /// <summary>Starts a server that does this with every connection, and then closes it.</summary>
    public RawBackend(Func<NetworkStream, CancellationToken, Task> talk)
    {
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = Accept(talk);
    }

    /// <summary>How many connections came.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Where it listens, or has listened, without a slash at the end.</summary>
    public string Url { get; }

    /// <summary>Its serving spec, as a field of a deployment.</summary>
    public string Serving => $$"""
        "serving":{"url":"{{Url}}"}
        """;

    /// <summary>From now on connections are refused; those that are there stay.</summary>
    public void StopListening() => _listener.Stop();

    /// <summary>Reads the head of a request, each byte as one character.</summary>
    public static async Task<string> ReadHead(NetworkStream stream, CancellationToken cancellationToken)
    {
        var seen = 0;
        var one = new byte[1];
        var head = new StringBuilder();
        while (seen < 4 && await stream.ReadAsync(one, cancellationToken) > 0)
        {
            head.Append((char)one[0]);
            seen = one[0] == "\r\n\r\n"[seen] ? seen + 1 : 0;
        }

        return head.ToString();
    }

    /// <summary>Starts a server that sends this to every request, each character as one byte, and says which heads it was sent.</summary>
    public static RawBackend Answering(string answer, Action<string>? onHead = null) => new(async (stream, stop) =>
    {
        var head = await ReadHead(stream, stop);
        onHead?.Invoke(head);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), stop);
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task Accept(Func<NetworkStream, CancellationToken, Task> talk)
    {
        List<Task> talks = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                talks.Add(Talk(client, talk));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Over, or it does not listen any more, perhaps since before it was asked again.
            await Task.WhenAll(talks);
        }
    }

    private async Task Talk(TcpClient client, Func<NetworkStream, CancellationToken, Task> talk)
    {
        using (client)
        {
            try
            {
                await talk(client.GetStream(), _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The gateway hung up, or the test is over.
            }
        }
    }
}
