using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>Deploys a new version of a model.</summary>
public sealed class DeployRequest : IRequestBody
{
    /// <inheritdoc/>
    public static string Example =>
        """
        {
          "model_name": "iris", "version_bump": "MINOR", "publish": true, "instance_type": "cpu-1x2",
          "serving": { "url": "http://10.0.0.7:8000/predict", "health_url": "http://10.0.0.7:8000/health" },
          "artifact": { "uri": "s3://models/iris/1.4.0.onnx" }, "labels": { "team": "vision" }
        }
        """;

    /// <summary>The model's name: 1 to 128 characters after trimming and NFC, without <c>/ \ %</c> and control characters. A new name makes a model.</summary>
    [JsonRequired]
    public string ModelName { get; set; } = "";

    /// <summary>Which part of the number to raise, in any case. MINOR unless <c>base</c> says otherwise.</summary>
    public VersionBump? VersionBump { get; set; }

    /// <summary>The number itself: SemVer 2.0 without build metadata, above every number of its own major.minor line.</summary>
    public string? Version { get; set; }

    /// <summary>The release line to continue: <c>1.4</c> (with PATCH) or <c>1</c> (with MINOR).</summary>
    public string? Base { get; set; }

    /// <summary>Publish at once instead of making a draft.</summary>
    public bool Publish { get; set; }

    /// <summary>With <c>publish</c>: whether the version claims the primary pointer. By default it does if the model's policy is
    /// <c>latest_published</c> and its number is the highest.</summary>
    public bool? Promote { get; set; }

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <summary>At most 64 labels; keys have 1 to 63 characters, values at most 256.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; set; }

    /// <summary>What is deployed.</summary>
    public ArtifactRequest? Artifact { get; set; }

    /// <summary>Where the version answers; leave it out for a version that is only registered.</summary>
    public ServingRequest? Serving { get; set; }

    /// <summary>What it runs on, for billing: 1 to 64 letters, digits, dots, underscores and hyphens.</summary>
    public string? InstanceType { get; set; }

    /// <summary>Your own id for it, at most 128 characters.</summary>
    public string? ExternalId { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
        fields.WithRefused(CommandValidation.Validate(ToCommand(fields.Unsent, null)), ServingRequest.Urls(Serving));

    internal DeployCommand ToCommand(CommandContext context, string? idempotencyKey)
    {
        var command = new DeployCommand
        {
            Context = context,
            ModelName = OrleansRegistry.ModelName.Normalize(ModelName),
            VersionBump = VersionBump,
            Version = Version,
            Base = Base,
            Publish = Publish,
            Promote = Promote,
            Description = Description,
            Labels = Labels ?? new Dictionary<string, string>(),
            Artifact = Artifact?.ToArtifact(),
            Serving = Serving?.ToSpec(),
            InstanceType = InstanceType,
            ExternalId = ExternalId,
        };
        return idempotencyKey is null
            ? command
            : command with { Idempotency = IdempotencyKey.Of(idempotencyKey, command) };
    }
}

/// <summary>What is deployed: a reference that the registry keeps and never opens.</summary>
public sealed class ArtifactRequest
{
    /// <summary>Where the artifact is: 1 to 2,048 characters without control characters.</summary>
    [JsonRequired]
    public string Uri { get; set; } = "";

    /// <summary>SHA-256 of its bytes, 64 lower-case hexadecimal digits.</summary>
    public string? Sha256 { get; set; }

    /// <summary>Its size in bytes.</summary>
    public long? SizeBytes { get; set; }

    internal Artifact ToArtifact() => new() { Uri = Uri, Sha256 = Sha256, SizeBytes = SizeBytes };
}

/// <summary>Where a version answers.</summary>
public sealed class ServingRequest
{
    /// <summary>Base address of the model's server: absolute http or https, at most 2,048 characters, without user information and fragment.</summary>
    [JsonRequired]
    public string Url { get; set; } = "";

    /// <summary>An address that answers 2xx once the version is up. Without one the version is ready at once.</summary>
    public string? HealthUrl { get; set; }

    /// <summary>How long a start may take, in seconds, 1 to 86,400.</summary>
    public int StartupTimeoutSeconds { get; set; } = ServingSpec.DefaultStartupTimeoutSeconds;

    /// <summary>The URLs of a spec, by their fields.</summary>
    internal static IEnumerable<(string Field, string? Url)> Urls(ServingRequest? serving) =>
        [("serving.url", serving?.Url), ("serving.health_url", serving?.HealthUrl)];

    internal ServingSpec ToSpec() => new() { Url = Url, HealthUrl = HealthUrl, StartupTimeoutSeconds = StartupTimeoutSeconds };
}
