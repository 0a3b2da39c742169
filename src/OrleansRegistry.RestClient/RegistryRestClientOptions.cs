using System.Net;

namespace OrleansRegistry.RestClient;

/// <summary>The settings of a client. Set <see cref="Url"/>; all else has a default.</summary>
public sealed class RegistryRestClientOptions
{
    /// <summary>The registry's address. What stands in its path comes before the path of every route.</summary>
    public Uri? Url { get; set; }

    /// <summary>The API key or token; null for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How long the registry may be silent within an answer, 30 seconds by default. A connection may take half
    /// as long.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an operation may take with all its tries and waits; null for any time (rule C2).</summary>
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>How often a request that failed is sent again at most.</summary>
    public int Retries { get; set; } = 3;

    /// <summary>Lets the key go over plain http beyond this machine, where everybody between can read it.</summary>
    public bool Insecure { get; set; }

    /// <summary>A PEM file with the only certificates of authorities to trust; null for those of the system.</summary>
    public string? CertificateAuthorities { get; set; }

    /// <summary>Is told of each retry, before the wait for it.</summary>
    public Action<RetryNotice>? OnRetry { get; set; }

    /// <exception cref="ArgumentException">A setting is missing or not valid.</exception>
    internal Uri CheckedUrl()
    {
        // The address is not shown where it may hold a secret.
        var url = Url ?? throw new ArgumentException("Url is missing: it must be the registry's address.");
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException("Url must begin with http:// or https:// and name a host.");
        }

        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            throw new ArgumentException(
                "Url must be the address of a registry, without a user, a query and a fragment. The key is ApiKey.");
        }

        if (url.Scheme == Uri.UriSchemeHttp && !Insecure && !IsLoopback(url))
        {
            throw new ArgumentException(
                $"Url is plain http to {url.IdnHost}, where everybody between can read the key. Use https, or set Insecure.");
        }

        if (ApiKey is not null && (ApiKey.Length == 0 || ApiKey.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            throw new ArgumentException("ApiKey is no key: it must be one word of ASCII characters.");
        }

        if (Timeout <= TimeSpan.Zero || TotalTimeout <= TimeSpan.Zero || Retries < 0)
        {
            throw new ArgumentException("Timeout and TotalTimeout must be above 0, and Retries not below it.");
        }

        return url;
    }

    private static bool IsLoopback(Uri url) =>
        url.IdnHost == "localhost"
            || (IPAddress.TryParse(url.IdnHost, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Tells of a retry.</summary>
/// <param name="Operation">The operation, by its name in the OpenAPI document.</param>
/// <param name="Error">The failure of the last try.</param>
/// <param name="Wait">The time until the next one.</param>
public sealed record RetryNotice(string Operation, RegistryException Error, TimeSpan Wait);
