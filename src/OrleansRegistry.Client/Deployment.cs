namespace OrleansRegistry;

/// <summary>A deployment: what becomes a new version of a model (rules N1 to N5, L1).</summary>
public sealed record Deployment
{
    /// <summary>The model's name: 1 to 128 characters after trimming and NFC, without <c>/ \ %</c> and control characters. A new name makes a model.</summary>
    public required string ModelName { get; init; }

    /// <summary>Which part of the number to raise; null for the minor one, or what <see cref="Base"/> says.</summary>
    public VersionBump? VersionBump { get; init; }

    /// <summary>The number itself: SemVer 2.0 without build metadata, above every number of its own major.minor line (rule N4); null to count on.</summary>
    public string? Version { get; init; }

    /// <summary>The release line to continue, <c>1.4</c> or <c>1</c> (rule N3), or null.</summary>
    public string? Base { get; init; }

    /// <summary>Publish at once instead of making a draft.</summary>
    public bool Publish { get; init; }

    /// <summary>With <see cref="Publish"/>: whether the version claims the primary pointer; null for what rule P1 says.</summary>
    public bool? Promote { get; init; }

    /// <summary>Free text, at most 4,096 characters, or null.</summary>
    public string? Description { get; init; }

    /// <summary>At most 64 labels; keys have 1 to 63 characters, values at most 256.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What is deployed, or null.</summary>
    public Artifact? Artifact { get; init; }

    /// <summary>Where the version answers, or null for one that is only registered.</summary>
    public ServingSpec? Serving { get; init; }

    /// <summary>What it runs on, for billing: 1 to 64 letters, digits, dots, underscores and hyphens; or null.</summary>
    public string? InstanceType { get; init; }

    /// <summary>Your own id for it, at most 128 characters, or null.</summary>
    public string? ExternalId { get; init; }

    /// <summary>
    /// Your own key, 1 to 255 visible ASCII characters: a later deployment of the same model with the same key and content makes nothing, and
    /// answers what this one made, whether it comes from here or over HTTP. Null draws one for this call, so that its own repetitions are harmless.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    internal DeployCommand ToCommand(CommandContext context)
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
            Labels = Labels,
            Artifact = Artifact,
            Serving = Serving,
            InstanceType = InstanceType,
            ExternalId = ExternalId,
        };
        return command with { Idempotency = OrleansRegistry.IdempotencyKey.Of(IdempotencyKey ?? $"{context.CommandId:N}", command) };
    }
}

/// <summary>On what condition a command is run, or whether it is only tried.</summary>
public sealed record CommandOptions
{
    /// <summary>Answer what would happen; change, claim and reserve nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// The entity tag that the resource must have, quotes included, as <see cref="EntityTag"/> gives it for a view; else the command is refused with
    /// <see cref="ErrorCode.RevisionMismatch"/>. Null for no condition. It does not apply to a deployment.
    /// </summary>
    public string? IfMatch { get; init; }
}
