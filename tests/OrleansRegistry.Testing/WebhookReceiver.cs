using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Testing;

/// <summary>A receiver of webhooks. It checks signatures by itself, as a stranger would who has read the specification.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Delivery> _arrived = Channel.CreateUnbounded<Delivery>();
    private readonly ConcurrentQueue<Delivery> _all = new();

    private WebhookReceiver(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public string Url => _app.Urls.Single() + "/hook";

    /// <summary>What it answers.</summary>
    public Func<Delivery, Task<int>> Answer { get; set; } = _ => Task.FromResult(204);

    /// <summary>All that has arrived, whatever it answered.</summary>
    public IReadOnlyCollection<Delivery> All => _all;

    /// <summary>Starts a receiver.</summary>
    public static async Task<WebhookReceiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.MapPost("/hook", receiver.Receive);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>The next deliveries, as they arrive.</summary>
    public async Task<IReadOnlyList<Delivery>> Next(int count)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        List<Delivery> next = [];
        while (next.Count < count)
        {
            next.Add(await _arrived.Reader.ReadAsync(timeout.Token));
        }

        return next;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> Receive(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var delivery = new Delivery(
            request.Headers["webhook-id"].Single()!,
            request.Headers["webhook-timestamp"].Single()!,
            request.Headers["webhook-signature"].Single()!,
            request.ContentType!,
            request.Headers.UserAgent.ToString(),
            body.ToArray());
        _all.Enqueue(delivery);
        _arrived.Writer.TryWrite(delivery);
        var status = await Answer(delivery);
        return status is >= 300 and < 400 ? Results.Redirect("/hook", permanent: false, preserveMethod: true) : Results.StatusCode(status);
    }
}

/// <summary>A delivery as it arrived.</summary>
public sealed record Delivery(string Id, string Timestamp, string Signatures, string ContentType, string UserAgent, ReadOnlyMemory<byte> Body)
{
    /// <summary>The CloudEvent.</summary>
    public JsonNode Event { get; } = JsonNode.Parse(Body.Span)!;

    /// <summary>The event's id.</summary>
    public long Position => long.Parse((string)Event["id"]!, CultureInfo.InvariantCulture);

    /// <summary>The event's type.</summary>
    public string Type => (string)Event["type"]!;

    /// <summary>Whether one of the signatures is that of a secret.</summary>
    public bool IsSignedWith(string secret)
    {
        var key = Convert.FromBase64String(secret.Split('_')[1]);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{Id}.{Timestamp}."), .. Body.Span];
        return Signatures.Split(' ').Contains("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
    }
}
