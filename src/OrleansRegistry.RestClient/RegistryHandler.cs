using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OrleansRegistry.RestClient;

/// <summary>The connections of a client.</summary>
internal static class RegistryHandler
{
    public static SocketsHttpHandler Create(RegistryRestClientOptions options)
    {
        var isTls = options.CheckedUrl().Scheme == Uri.UriSchemeHttps;
        var handler = new SocketsHttpHandler
        {
            // The key would go along.
            AllowAutoRedirect = false,
            UseCookies = false,
            // Over plain http a proxy could read the key.
            UseProxy = isTls,
            ConnectTimeout = options.Timeout / 2,
            // Less than servers and load balancers keep a connection.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            // So that a name that moves is looked up again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AutomaticDecompression = System.Net.DecompressionMethods.GZip | System.Net.DecompressionMethods.Brotli,
        };
        if (isTls && options.CertificateAuthorities is { } file)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.ImportFromPemFile(file);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }
}
