using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansRegistry.Gateway;

/// <summary>Makes the request that the model's server sees, and the answer that the caller sees.</summary>
internal sealed class CallTransformer(Call call, string loopToken) : HttpTransformer
{
    /// <summary>The header in which a forwarding server names itself (RFC 8586).</summary>
    public const string LoopHeader = "CDN-Loop";

    // The caller's credentials, what only the registry reads, and what a caller could claim about where the call comes from.
    private static readonly FrozenSet<string> NotForwarded = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Authorization", "Proxy-Authorization", "Cookie", "Forwarded", "X-Real-IP", "X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL", CallSelector.Header);

    // What would speak for the registry's own address.
    private static readonly string[] NotAnswered =
        ["Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Public-Key-Pins", "Service-Worker-Allowed", "Report-To", "Reporting-Endpoints", "NEL"];

    private static readonly ImmutableArray<string> HowResolved = [.. EnumNames<ResolvedBy>.All];

    /// <summary>Says which version an answer is of.</summary>
    public static void Name(IHeaderDictionary headers, ResolvedVersion version)
    {
        headers["Model-Id"] = version.VersionId[..ModelId.Length];
        headers["Model-Version"] = version.Version;
        headers["Model-Version-Id"] = version.VersionId;
        headers["Model-Resolved-By"] = HowResolved[(int)version.ResolvedBy];
    }

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        var headers = proxyRequest.Headers;
        foreach (var name in Removed(httpContext.Request.Headers, headers))
        {
            headers.Remove(name);
        }

        headers.Host = null;
        headers.TryAddWithoutValidation(LoopHeader, loopToken);
        proxyRequest.RequestUri = call.Destination;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var isCopied = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is null)
        {
            return isCopied;
        }

        var headers = httpContext.Response.Headers;
        foreach (var name in NotAnswered)
        {
            headers.Remove(name);
        }

        headers.XContentTypeOptions = "nosniff";
        Name(headers, call.Version);
        return isCopied && (call.Rewrite is not { } rewrite || !await rewrite(httpContext, proxyResponse, cancellationToken));
    }

    private static List<string> Removed(IHeaderDictionary received, HttpRequestHeaders sent)
    {
        List<string> names =
        [
            .. sent.NonValidated.Select(header => header.Key)
                .Where(name => NotForwarded.Contains(name) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)),
        ];
        // What the connection header names belongs to this connection only (RFC 9110, section 7.6.1).
        foreach (var named in received.Connection)
        {
            names.AddRange((named ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(name => !name.Equals("upgrade", StringComparison.OrdinalIgnoreCase) && received.ContainsKey(name)));
        }

        return names;
    }
}
