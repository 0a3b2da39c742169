using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace OrleansRegistry.Gateway;

/// <summary>
/// An answer that is the same for everybody: made once by its route, by the first who asks, and kept as bytes,
/// compressed too. Strangers may ask for it, so it must cost no more than sending it.
/// </summary>
internal sealed class PreparedAnswer
{
    private const string Gzip = "gzip";

    private readonly string _contentType;
    private readonly (byte[] Bytes, string Tag) _plain;
    private readonly (byte[] Bytes, string Tag) _compressed;

    private PreparedAnswer(string contentType, byte[] bytes)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes)[..16]);
        _contentType = contentType;
        _plain = (bytes, $"\"{hash}\"");
        _compressed = (Compress(bytes), $"\"{hash}-{Gzip}\"");
    }

    /// <summary>
    /// Has the answer of a route made once only. Whatever the request says but for its encoding and tags doesn't count.
    /// </summary>
    public static void MakeOnce(EndpointBuilder endpoint)
    {
        if (endpoint.RequestDelegate is { } make)
        {
            endpoint.RequestDelegate = new Kept(make).Serve;
        }
    }

    private Task Send(HttpContext context)
    {
        var isCompressed = context.Request.GetTypedHeaders().AcceptEncoding.Any(accepted => accepted.Value == Gzip && accepted.Quality is not 0);
        var (bytes, tag) = isCompressed ? _compressed : _plain;
        var response = context.Response;
        response.Headers.ETag = tag;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.CacheControl = "no-cache";
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        if (isCompressed)
        {
            response.Headers.ContentEncoding = Gzip;
        }

        response.ContentType = _contentType;
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    private static async Task<PreparedAnswer> Make(RequestDelegate make, HttpContext asked)
    {
        await using var scope = asked.RequestServices.CreateAsyncScope();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        context.Request.Method = HttpMethods.Get;
        context.Request.Path = asked.Request.Path;
        context.Request.RouteValues = new RouteValueDictionary(asked.Request.RouteValues);
        context.Response.Body = body;
        context.SetEndpoint(asked.GetEndpoint());
        await make(context);
        await context.Response.CompleteAsync();
        return context.Response.StatusCode == StatusCodes.Status200OK
            ? new PreparedAnswer(context.Response.ContentType ?? "", body.ToArray())
            : throw new InvalidOperationException($"{asked.Request.Path} answered {context.Response.StatusCode}.");
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }

    /// <summary>The answer of a route, once it has been made.</summary>
    private sealed class Kept(RequestDelegate make)
    {
        private readonly Lock _lock = new();
        private Task<PreparedAnswer>? _answer;

        public async Task Serve(HttpContext context)
        {
            Task<PreparedAnswer> answer;
            lock (_lock)
            {
                // One that has failed is made again.
                answer = _answer is null or { IsFaulted: true } or { IsCanceled: true } ? _answer = Task.Run(() => Make(make, context)) : _answer;
            }

            await (await answer).Send(context);
        }
    }
}
