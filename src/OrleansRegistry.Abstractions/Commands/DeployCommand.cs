namespace OrleansRegistry;

/// <summary>Which part of the number a deployment raises; lower parts go to 0.</summary>
[GenerateSerializer, Alias("OrleansRegistry.VersionBump")]
public enum VersionBump
{
    /// <summary>1.4.2 to 2.0.0.</summary>
    Major = 0,

    /// <summary>1.4.2 to 1.5.0.</summary>
    Minor = 1,

    /// <summary>1.4.2 to 1.4.3.</summary>
    Patch = 2,
}

/// <summary>Deploys a new version of a model (rules N1 to N5, L1).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.DeployCommand")]
public sealed record DeployCommand
{
    /// <summary>Who, until when, dry or not. <see cref="CommandContext.IfMatch"/> does not apply.</summary>
    [Id(0)]
    public required CommandContext Context { get; init; }

    /// <summary>The model's name, as <see cref="ModelName.Normalize"/> gives it.</summary>
    [Id(1)]
    public required string ModelName { get; init; }

    /// <summary>Which part to raise; null for the default of rule N2 or N3.</summary>
    [Id(2)]
    public VersionBump? VersionBump { get; init; }

    /// <summary>The number itself (rule N4), or null.</summary>
    [Id(3)]
    public string? Version { get; init; }

    /// <summary>The release line to continue, <c>1</c> or <c>1.4</c> (rule N3), or null.</summary>
    [Id(4)]
    public string? Base { get; init; }

    /// <summary>Publish at once (rule L1).</summary>
    [Id(5)]
    public bool Publish { get; init; }

    /// <summary>Whether the publish claims the primary pointer; null for what rule P1 says. Refused on a draft.</summary>
    [Id(6)]
    public bool? Promote { get; init; }

    /// <summary>Free text, or null.</summary>
    [Id(7)]
    public string? Description { get; init; }

    /// <summary>Labels by key.</summary>
    [Id(8)]
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What is deployed, or null.</summary>
    [Id(9)]
    public Artifact? Artifact { get; init; }

    /// <summary>Where it answers, or null for a version that is only registered.</summary>
    [Id(10)]
    public ServingSpec? Serving { get; init; }

    /// <summary>What it runs on, for billing, or null.</summary>
    [Id(11)]
    public string? InstanceType { get; init; }

    /// <summary>The deployer's own id for it, or null.</summary>
    [Id(12)]
    public string? ExternalId { get; init; }

    /// <summary>Makes a repeated deployment harmless (rule N5), or null.</summary>
    [Id(13)]
    public IdempotencyKey? Idempotency { get; init; }
}

/// <summary>The key of a deployment that may be repeated, and what tells a repetition from another request.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.IdempotencyKey")]
public sealed record IdempotencyKey
{
    /// <summary>The caller's key, unique in the workspace and model name, at most 255 characters.</summary>
    [Id(0)]
    public required string Key { get; init; }

    /// <summary>SHA-256 of the request, lower-case hexadecimal.</summary>
    [Id(1)]
    public required string BodyHash { get; init; }

    /// <summary>A caller's key together with the content of their deployment.</summary>
    public static IdempotencyKey Of(string key, DeployCommand command) => new() { Key = key, BodyHash = DeployFingerprint.Hash(command) };
}
