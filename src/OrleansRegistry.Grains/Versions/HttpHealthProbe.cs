using System.Globalization;
using OrleansRegistry.Outbound;

namespace OrleansRegistry.Versions;

/// <summary>Probes over HTTP: one GET, no redirects, no proxy, no cookies, and no more of the answer read than its head.</summary>
internal sealed class HttpHealthProbe(OutboundHttp outbound, TimeProvider clock) : IHealthProbe, IDisposable
{
    /// <summary>How long one probe may take.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const int MaxHeadersKilobytes = 16;

    private readonly HttpMessageInvoker _client = new(Configure(outbound.CreateHandler()), disposeHandler: true);

    public async Task<HealthAnswer> Check(Uri url, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.UserAgent.Add(OutboundHttp.UserAgent);
        try
        {
            using var response = await _client.SendAsync(request, either.Token);
            var status = (int)response.StatusCode;
            return new HealthAnswer(
                response.IsSuccessStatusCode
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"The health URL answered {status}."),
                status);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthAnswer("The health URL did not answer in time.", null);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever a stranger's server makes the client throw is an answer to the question whether it is up.
            return new HealthAnswer(
                AddressRefusedException.IsCauseOf(e)
                    ? "The health URL leads to an address that the registry is not allowed to connect to."
                    : $"The health URL could not be reached: {(e is HttpRequestException http ? http.HttpRequestError.ToString() : e.GetType().Name)}.",
                null);
        }
    }

    public void Dispose() => _client.Dispose();

    private static SocketsHttpHandler Configure(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = Timeout;
        handler.MaxResponseHeadersLength = MaxHeadersKilobytes;
        handler.PooledConnectionLifetime = TimeSpan.Zero;
        return handler;
    }
}
