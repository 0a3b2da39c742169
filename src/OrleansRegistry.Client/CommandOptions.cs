namespace OrleansRegistry;

/// <summary>The condition of a command, its comment, and whether it is a dry run.</summary>
public sealed record CommandOptions
{
    /// <summary>Makes it a dry run: the answer says what would happen; nothing is changed, claimed or reserved.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// The entity tag that the resource must have, quotes included, as <see cref="EntityTag"/> gives it for a view; else the command is refused with
    /// <see cref="ErrorCode.RevisionMismatch"/>. Null for no condition. It does not apply to a deployment.
    /// </summary>
    public string? IfMatch { get; init; }

    /// <summary>
    /// Why, in your own words: 1 to 500 characters, without control characters other than line feeds. The events of the command keep it. A deployment has
    /// a comment of its own, <see cref="Deployment.Comment"/>.
    /// </summary>
    public string? Comment { get; init; }
}
