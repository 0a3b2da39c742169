namespace OrleansRegistry.Gateway;

/// <summary>Deploys a new version of a model.</summary>
internal sealed class DeployRequest : IRequestBody
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

    /// <inheritdoc/>
    public static Type Schema => typeof(Deployment);

    /// <summary>The deployment.</summary>
    public Deployment Deployment { get; } = new() { ModelName = "" };

    /// <inheritdoc/>
    public string? Comment => Deployment.Comment;

    /// <inheritdoc/>
    public object Target => Deployment;

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
        fields.WithRefused(CommandValidation.Validate(DeployCommand.Of(fields.Unsent, Deployment)), Deployment.Serving);
}
