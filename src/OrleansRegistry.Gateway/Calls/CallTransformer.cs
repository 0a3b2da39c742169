using System.Collections.Immutable;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansRegistry.Gateway;

/// <summary>Makes the request that the model's server sees, and the answer that the caller sees.</summary>
/// <param name="call">The call.</param>
/// <param name="body">Its body, or null where it has none.</param>
/// <param name="attempts">What becomes of it at this server, where the version has several; else null.</param>
/// <param name="succeeded">Is told of an answer that is not 5xx, or null.</param>
/// <param name="loopToken">The gateway's name in <see cref="LoopHeader"/>.</param>
internal sealed class CallTransformer(Call call, CallerBody? body, CallAttempts? attempts, Action? succeeded, string loopToken) : HttpTransformer
{
    /// <summary>The header in which a forwarding server names itself (RFC 8586).</summary>
    public const string LoopHeader = "CDN-Loop";

    private const string WebSocketKey = "Sec-WebSocket-Key";

    private static readonly ImmutableArray<string> HowResolved = [.. EnumNames<ResolvedBy>.All];

    /// <summary>Whether the server may have got some of the request.</summary>
    public Delivery Delivery { get; } = new(isOnce: attempts is not null);

    /// <summary>Whether the server's answer was passed on to its end.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Says which version an answer is of.</summary>
    public static void Name(IHeaderDictionary headers, ResolvedVersion version)
    {
        headers[ForwardedHeaders.ModelId] = version.VersionId[..ModelId.Length];
        headers[CallSelector.Header] = version.Version;
        headers[ForwardedHeaders.ModelVersionId] = version.VersionId;
        headers[ForwardedHeaders.ModelResolvedBy] = HowResolved[(int)version.ResolvedBy];
        headers[ForwardedHeaders.ModelAlias] = version.Alias;
    }

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var headers = proxyRequest.Headers;
        ForwardedHeaders.RemoveWhere(headers, ForwardedHeaders.IsLeftOutOfRequests);
        foreach (var name in ForwardedHeaders.NamedBy(httpContext.Request.Headers.Connection))
        {
            ForwardedHeaders.Remove(headers, name);
            ForwardedHeaders.Remove(proxyRequest.Content?.Headers, name);
        }

        if (HttpProtocol.IsHttp2(httpContext.Request.Protocol))
        {
            // Of the handshake over HTTP/1.1: the forwarder makes its own where one is needed.
            headers.Remove(WebSocketKey);
        }

        if (body is not null)
        {
            Rename(proxyRequest, body);
            proxyRequest.Options.Set(Upload.Key, attempts?.Body?.Begin() ?? new Upload(body.Caller));
        }

        if (call.Frame is not null)
        {
            // An answer that is encoded could not be framed.
            ForwardedHeaders.Remove(headers, HeaderNames.AcceptEncoding);
        }

        proxyRequest.Options.Set(Delivery.Key, Delivery);
        headers.Host = null;
        headers.TryAddWithoutValidation(LoopHeader, loopToken);
        proxyRequest.RequestUri = call.Destination;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return false;
        }

        if (attempts?.GivesWay((int)proxyResponse.StatusCode) is true)
        {
            return false;
        }

        if ((int)proxyResponse.StatusCode < StatusCodes.Status500InternalServerError)
        {
            succeeded?.Invoke();
        }

        AnswerHead.Check(httpContext, proxyResponse);
        var isBare = AnswerHead.IsBare(proxyResponse);
        if (isBare)
        {
            AnswerHead.RemoveLength(proxyResponse);
        }

        ForwardedHeaders.RemoveWhere(proxyResponse.Headers, ForwardedHeaders.IsLeftOutOfAnswers);
        if (proxyResponse.Headers.NonValidated.TryGetValues("Connection", out var connection))
        {
            foreach (var name in ForwardedHeaders.NamedBy(connection))
            {
                ForwardedHeaders.Remove(proxyResponse.Headers, name);
                ForwardedHeaders.Remove(proxyResponse.Content.Headers, name);
            }
        }

        StringValues requestId = proxyResponse.Headers.NonValidated.TryGetValues(CommonHeaders.RequestId, out var named) ? named.ToArray() : default;
        ForwardedHeaders.Remove(proxyResponse.Headers, CommonHeaders.RequestId);
        await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        var response = httpContext.Response;
        response.Headers[ForwardedHeaders.ModelRequestId] = requestId;
        if (!response.SupportsTrailers())
        {
            response.Headers.Remove("Trailer");
        }

        if (!Ascii.IsValid(proxyResponse.ReasonPhrase))
        {
            // The server writes ASCII there only; the status has a phrase of its own.
            httpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        }

        response.Headers.XContentTypeOptions = "nosniff";
        if (isBare)
        {
            // What the server sends behind it all the same goes nowhere.
            return false;
        }

        if (call.Rewrite is { } rewrite && await rewrite(httpContext, proxyResponse, cancellationToken))
        {
            return false;
        }

        if (!AnswerHead.OpensTunnel(proxyResponse))
        {
            AsyncStream body = new AnswerBody(await proxyResponse.Content.ReadAsStreamAsync(cancellationToken), response);
            if (call.Frame is { } frame && FramedAnswer.Fits(proxyResponse))
            {
                ForwardedHeaders.RemoveOfBody(response.Headers);
                body = new FramedAnswer(frame, body);
            }

            proxyResponse.Content = new StreamContent(body);
        }

        return true;
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        IsAnswered = true;
        ForwardedHeaders.RemoveWhere(proxyResponse.TrailingHeaders, ForwardedHeaders.IsLeftOutOfTrailers);
        return base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
    }

    /// <summary>Leaves out what the caller has said of the bytes of a body in which the model has another name.</summary>
    private static void Rename(HttpRequestMessage request, CallerBody body)
    {
        if (body.Growth is not { } growth)
        {
            return;
        }

        foreach (var digest in ForwardedHeaders.Digests)
        {
            ForwardedHeaders.Remove(request.Headers, digest);
            ForwardedHeaders.Remove(request.Content?.Headers, digest);
        }

        if (request.Content?.Headers is { ContentLength: { } length } content)
        {
            content.ContentLength = length + growth;
        }
    }
}
