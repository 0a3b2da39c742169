using System.Globalization;
using System.Net.Http.Headers;
using OrleansRegistry.Outbound;

namespace OrleansRegistry.Webhooks;

/// <summary>
/// Posts events to receivers. A receiver has taken an event when it answers 2xx; no more of its answer is read than the
/// head.
/// </summary>
internal sealed class WebhookSender(OutboundHttp outbound, WebhookSeal seal, TimeProvider clock) : IDisposable
{
    /// <summary>How long a receiver has to answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private const int MaxHeadersKilobytes = 16;

    private const string Unreadable =
        "The webhook's secret can't be read: it is encrypted under another secret than Registry__Auth__Secret. Rotate the webhook's secret.";

    private readonly HttpMessageInvoker _client = new(Configure(outbound.CreateHandler()), disposeHandler: true);

    /// <summary>Sends an event once.</summary>
    /// <exception cref="OperationCanceledException">The node stops, or the webhook does.</exception>
    public async Task<DeliveryView> Send(WebhookRow row, RegistryEvent happened, CancellationToken cancellationToken)
    {
        var at = clock.GetUtcNow();
        string[] secrets = [.. row.Secrets.Where(secret => !(secret.ExpiresAt <= at)).Select(secret => seal.Open(row.Webhook.Id, secret)).OfType<string>()];
        var (status, error) = secrets is [] ? (null, Unreadable) : await Post(row, secrets, happened, at, cancellationToken);
        return new DeliveryView
        {
            EventId = happened.Id,
            EventType = happened.Type,
            At = at,
            DurationMilliseconds = (long)(clock.GetUtcNow() - at).TotalMilliseconds,
            Status = status,
            Error = error,
        };
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Answers the status, if there is one, and the error unless the event was taken.</summary>
    private async Task<(int? Status, string? Error)> Post(
        WebhookRow row, IEnumerable<string> secrets, RegistryEvent happened, DateTimeOffset at, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = Request(row, secrets, happened, at);
            using var response = await _client.SendAsync(request, either.Token);
            var status = (int)response.StatusCode;
            return (status, response.IsSuccessStatusCode ? null : string.Create(CultureInfo.InvariantCulture, $"The receiver answered {status}."));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "The receiver did not answer in time.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever a stranger's server makes the client throw means that the event may not have been taken.
            return (null, AddressRefusedException.IsCauseOf(e)
                ? "The URL leads to an address that the registry is not allowed to connect to."
                : $"The receiver could not be reached: {(e is HttpRequestException http ? http.HttpRequestError.ToString() : e.GetType().Name)}.");
        }
    }

    private static HttpRequestMessage Request(WebhookRow row, IEnumerable<string> secrets, RegistryEvent happened, DateTimeOffset at)
    {
        var id = $"msg_{row.Webhook.Id}_{happened.Id}";
        var body = CloudEvent.Body(happened);
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(CloudEvent.MediaType, "utf-8");
        var request = new HttpRequestMessage(HttpMethod.Post, row.Webhook.Url) { Content = content };
        request.Headers.UserAgent.Add(OutboundHttp.UserAgent);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(
            "webhook-signature",
            string.Join(' ', secrets.Select(secret => WebhookSignature.Sign(secret, id, at, body))));
        return request;
    }

    private static SocketsHttpHandler Configure(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = Timeout;
        handler.MaxResponseHeadersLength = MaxHeadersKilobytes;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        return handler;
    }
}
