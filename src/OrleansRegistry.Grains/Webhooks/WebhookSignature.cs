using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRegistry.Webhooks;

/// <summary>
/// Signs deliveries as Standard Webhooks 1.0.0 says: HMAC-SHA256 over id, seconds since 1970 and body, with dots
/// between them.
/// </summary>
internal static class WebhookSignature
{
    private const string SecretPrefix = "whsec_";
    private const int SecretBytes = 32;

    /// <summary>Draws a secret from the system's cryptographic random numbers.</summary>
    public static string NewSecret() => SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The signature of a message, <c>v1,…</c>.</summary>
    public static string Sign(string secret, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Convert.FromBase64String(secret[SecretPrefix.Length..]));
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}.")));
        hash.AppendData(body);
        return "v1," + Convert.ToBase64String(hash.GetHashAndReset());
    }
}
