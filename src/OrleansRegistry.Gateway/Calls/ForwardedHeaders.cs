using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Which headers pass between a caller and a model's server: all but those that are named here, byte for byte.
/// </summary>
internal static class ForwardedHeaders
{
    public const string ModelId = "Model-Id";
    public const string ModelVersionId = "Model-Version-Id";
    public const string ModelResolvedBy = "Model-Resolved-By";

    /// <summary>The name of the alias that has led to the version.</summary>
    public const string ModelAlias = "Model-Alias";

    /// <summary>How many servers of the version a call was made at, if more than one.</summary>
    public const string ModelAttempts = "Model-Attempts";

    /// <summary>The value of a model's server in the header in which the registry says the id of the request.</summary>
    public const string ModelRequestId = "Model-Request-Id";

    private static readonly FrozenSet<string> NotRequested = Set(
        // The caller's credentials.
        "Authorization", "Proxy-Authorization", "Cookie", "Cookie2",
        // What only the registry reads, and what only HTTP/2 could keep.
        CallSelector.Header, CallWait.Name, "Trailer",
        // What a caller could claim about where the call comes from, and who makes it.
        "Forwarded", "X-Forwarded", "X-Original-Forwarded-For", "X-Real-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP",
        "CF-Connecting-IPv6", "Fastly-Client-IP", "Fly-Client-IP", "DO-Connecting-IP", "X-Azure-ClientIP", "X-Azure-SocketIP", "X-Appengine-User-IP",
        "X-Envoy-External-Address", "X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "Proxy-Client-IP", "WL-Proxy-Client-IP", "X-Host", "X-Original-Host", "X-Remote-User",
        "Remote-User", "Client-Cert", "Client-Cert-Chain", "X-Client-Cert", "X-SSL-Client-Cert",
        // What makes some servers take the request for another one.
        "Proxy", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method", "X-Original-URL", "X-Original-URI", "X-Rewrite-URL");

    private static readonly FrozenSet<string> NotAnswered = Set(
        // What would speak for the registry's own address.
        "Set-Cookie", "Set-Cookie2", "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data", "Public-Key-Pins", "Service-Worker-Allowed", "Report-To",
        "Reporting-Endpoints", "NEL",
        // What only the registry says.
        ProblemWriter.Header);

    private static readonly string[] DigestNames = ["Content-MD5", "Digest", "Content-Digest", "Repr-Digest"];

    private static readonly string[] OfBody = ["Content-Length", .. DigestNames, "ETag", "Accept-Ranges"];

    // What the registry says of the version, and to which pages browsers give an answer.
    private static readonly string[] OfTheRegistry = ["Model-", "Access-Control-"];

    /// <summary>What says which bytes a body has.</summary>
    public static IReadOnlyList<string> Digests => DigestNames;

    /// <summary>
    /// Whether a caller's header is not passed on. Servers that can't tell <c>_</c> from <c>-</c> in a name are not
    /// fooled either.
    /// </summary>
    public static bool IsLeftOutOfRequests(string name)
    {
        var plain = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        return NotRequested.Contains(plain) || plain.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a header of a model's server is not passed on.</summary>
    public static bool IsLeftOutOfAnswers(string name) =>
        NotAnswered.Contains(name) || OfTheRegistry.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a trailer of a model's server is not passed on.</summary>
    public static bool IsLeftOutOfTrailers(string name) =>
        IsLeftOutOfAnswers(name) || name.Equals(CommonHeaders.RequestId, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The headers that a <c>Connection</c> header names: they belong to one connection (RFC 9110, section 7.6.1). The
    /// forwarder looks after <c>Upgrade</c> itself.
    /// </summary>
    public static IEnumerable<string> NamedBy(IEnumerable<string?> connection) =>
        connection.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(name => !name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase));

    /// <summary>Removes the headers whose names a condition holds for.</summary>
    public static void RemoveWhere(HttpHeaders headers, Func<string, bool> condition)
    {
        foreach (var name in headers.NonValidated.Select(header => header.Key).Where(condition).ToList())
        {
            headers.Remove(name);
        }
    }

    /// <summary>
    /// Removes a header if it is there. A message and its content have different ones, and refuse to be asked for the
    /// other's.
    /// </summary>
    public static void Remove(HttpHeaders? headers, string name)
    {
        if (headers?.NonValidated.Contains(name) is true)
        {
            headers.Remove(name);
        }
    }

    /// <summary>Removes what a server has said of the bytes of an answer that is written otherwise.</summary>
    public static void RemoveOfBody(IHeaderDictionary headers)
    {
        foreach (var name in OfBody)
        {
            headers.Remove(name);
        }
    }

    private static FrozenSet<string> Set(params IEnumerable<string> names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
