using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Refuses requests that two servers could see end in different places (RFC 9112, sections 6.1 and 11.2), and closes
/// the connection. The server takes some of them, as it may: a length beside a chunked body, and codings other than
/// <c>chunked</c> alone.
/// </summary>
internal sealed class FramingGuard(RequestDelegate next)
{
    // Where the server puts a Content-Length that it ignores.
    private const string IgnoredLength = "X-Content-Length";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.TransferEncoding.Count == 0)
        {
            return next(context);
        }

        if (headers.TransferEncoding is [{ } coding] && coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
            && headers.ContentLength is null && !headers.ContainsKey(IgnoredLength))
        {
            return next(context);
        }

        context.Response.Headers.Connection = "close";
        return ProblemWriter.Write(context, RegistryError.Invalid("Transfer-Encoding", "must be chunked and nothing else, without a Content-Length"));
    }
}
