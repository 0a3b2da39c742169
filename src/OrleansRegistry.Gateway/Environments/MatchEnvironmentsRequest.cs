using System.Text.Json.Serialization;
using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Gateway;

/// <summary>Asks whether an artifact would run.</summary>
internal sealed class MatchEnvironmentsRequest : IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "format": "python-pickle", "requires": { "python": "3.11", "packages": { "scikit-learn": "1.2.1" } } }""";

    /// <summary>What the files are: <c>onnx</c>, <c>python</c> or <c>python-pickle</c>.</summary>
    [JsonRequired]
    public ArtifactFormat Format { get; set; }

    /// <summary>What an environment must have to serve them.</summary>
    public ArtifactRequirements? Requires { get; set; }

    /// <summary>The instance type that the version would have, or null for none.</summary>
    public string? InstanceType { get; set; }

    /// <summary>It is no command: nothing happens.</summary>
    string? IRequestBody.Comment => null;

    internal ArtifactRequirements Requirements => Requires ?? new ArtifactRequirements();

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
    [
        .. ManifestRules.Requirements(Format, Requirements),
        .. InstanceType is { } type && FieldRules.InstanceType(type) is { } problem ? [new FieldError("instance_type", problem)] : Array.Empty<FieldError>(),
    ];
}
