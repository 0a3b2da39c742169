namespace OrleansRegistry;

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
