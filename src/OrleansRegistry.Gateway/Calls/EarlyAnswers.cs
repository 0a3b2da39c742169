using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Gets the answer of a server that refuses a request over HTTP/1.1 before it has read all of it, where the client
/// alone would only say that it could not send it.
/// </summary>
internal sealed class EarlyAnswers(HttpMessageHandler client) : DelegatingHandler(client)
{
    // It is connected already.
    private static readonly Uri Nowhere = new("http://server/");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Delivery.Current = request.Options.TryGetValue(Delivery.Key, out var delivery) ? delivery : null;
        if (request.Content is not { } body || !request.Options.TryGetValue(Upload.Key, out var upload))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        request.Content = new UploadContent(body, upload);
        Upload.Current = upload;
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (Exception) when (upload.Answer is not null)
        {
            upload.Stop();
            if (await Read(upload.Answer, request.Method, cancellationToken) is { } answer)
            {
                return answer;
            }

            throw;
        }
        finally
        {
            upload.End();
        }
    }

    /// <summary>
    /// Reads an answer that is there, or to come, as that to a request which is not sent; null when there is none.
    /// </summary>
    /// <exception cref="OperationCanceledException">It did not come in time, or the caller has gone.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client disposes of its handler, and the answer holds the request.")]
    private static async Task<HttpResponseMessage?> Read(Stream connection, HttpMethod method, CancellationToken cancellationToken)
    {
        using var client = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                ActivityHeadersPropagator = null,
                ResponseHeaderEncodingSelector = (_, _) => BackendClient.HeaderEncoding,
                ConnectCallback = (_, _) => ValueTask.FromResult(connection),
            });
        // With content the client doesn't repeat it.
        var request = new HttpRequestMessage(method, Nowhere) { Content = new ByteArrayContent([]) };
        try
        {
            return await client.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await connection.DisposeAsync();
            request.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }
}
