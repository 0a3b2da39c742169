using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>
/// Tells a repeated deployment from another one by its content, whatever the order and spacing of its JSON. The hash is
/// stored, so fields that are not set are left out: a field added later doesn't change the hash of requests without it.
/// </summary>
internal static class DeployFingerprint
{
    private static readonly SortedDictionary<string, string> NoLabels = [];

    /// <summary>SHA-256 of a deployment's content, lower-case hexadecimal.</summary>
    public static string Hash(Deployment deployment)
    {
        var sorted = deployment with
        {
            Labels = Sort(deployment.Labels ?? NoLabels),
            Runtime = deployment.Runtime is { Env: { } env } runtime ? runtime with { Env = Sort(env) } : deployment.Runtime,
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(sorted, FingerprintJson.Default.Deployment)));
    }

    private static SortedDictionary<string, string> Sort(IReadOnlyDictionary<string, string> texts)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((var key, var value) in texts)
        {
            sorted[key] = value;
        }

        return sorted;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class FingerprintJson : JsonSerializerContext;
