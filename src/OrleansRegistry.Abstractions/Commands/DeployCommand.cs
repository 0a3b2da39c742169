using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>Deploys a new version of a model (rules N1 to N5, L1).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeployCommand")]
internal sealed record DeployCommand
{
    /// <summary>Who, until when, dry or not. <see cref="CommandContext.IfMatch"/> does not apply.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The deployment; its model's name is as <see cref="ModelName.Normalize"/> gives it.</summary>
    [Id(1)]
    public required Deployment Deployment { get; init; }

    /// <summary>Makes a repeated deployment harmless (rule N5), or null.</summary>
    public IdempotencyKey? Idempotency => Deployment.IdempotencyKey is { } key ? IdempotencyKey.Of(key, Deployment) : null;

    /// <summary>The command for a deployment as a caller says it.</summary>
    public static DeployCommand Of(CommandContext context, Deployment deployment)
    {
        var comment = CommandComment.Normalize(deployment.Comment);
        return new DeployCommand
        {
            Context = context with { Comment = comment },
            Deployment = deployment with
            {
                ModelName = ModelName.Normalize(deployment.ModelName),
                Comment = comment,
                Serving = deployment.Serving?.WithFirst(),
            },
        };
    }
}

/// <summary>The key of a deployment that may be repeated, and what tells a repetition from another request.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.IdempotencyKey")]
internal sealed record IdempotencyKey
{
    /// <summary>The caller's key, unique in the workspace and model name, at most 255 characters.</summary>
    [Id(0)]
    public required string Key { get; init; }

    /// <summary>SHA-256 of the request, lower-case hexadecimal.</summary>
    [Id(1)]
    public required string BodyHash { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(2)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>A caller's key together with the content of their deployment.</summary>
    public static IdempotencyKey Of(string key, Deployment deployment) => new() { Key = key, BodyHash = DeployFingerprint.Hash(deployment) };
}
