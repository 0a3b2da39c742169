using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>
/// What tells a repeated deployment from another one: the content of the command, whatever the order and spacing of its JSON. The hash
/// is stored, so that fields that are not set are left out: a field added later doesn't change the hash of requests without it.
/// </summary>
internal sealed record DeployFingerprint(
    string ModelName,
    VersionBump? VersionBump,
    string? Version,
    string? Base,
    bool Publish,
    bool? Promote,
    string? Description,
    SortedDictionary<string, string> Labels,
    Artifact? Artifact,
    ServingSpec? Serving,
    string? InstanceType,
    string? ExternalId)
{
    /// <summary>SHA-256 of a command's content, lower-case hexadecimal.</summary>
    public static string Hash(DeployCommand command)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((var key, var value) in command.Labels)
        {
            labels[key] = value;
        }

        var content = new DeployFingerprint(
            command.ModelName,
            command.VersionBump,
            command.Version,
            command.Base,
            command.Publish,
            command.Promote,
            command.Description,
            labels,
            command.Artifact,
            command.Serving,
            command.InstanceType,
            command.ExternalId);
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(content, FingerprintJson.Default.DeployFingerprint)));
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DeployFingerprint))]
internal sealed partial class FingerprintJson : JsonSerializerContext;
