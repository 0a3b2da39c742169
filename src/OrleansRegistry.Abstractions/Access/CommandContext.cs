using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>What every command carries: who, until when, and on what condition.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.CommandContext")]
internal sealed record CommandContext
{
    /// <summary>How long after its receipt a command may still take effect (rule E1).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest that the database may work on one command. A command whose deadline is nearer is not begun, so
    /// that none takes
    /// effect after its deadline.
    /// </summary>
    public static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Drawn once for each request. The row that a command wrote carries it, so that a lost answer can be told from a
    /// lost write.
    /// </summary>
    [Id(0)]
    public required Guid CommandId { get; init; }

    /// <summary>Who asks, as events and views name them: <c>key:ci</c>, <c>system</c>.</summary>
    [Id(1)]
    public required string Actor { get; init; }

    /// <summary>From this instant on the command must not take effect any more.</summary>
    [Id(2)]
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>Makes it a dry run: the answer says what would happen; nothing is changed, claimed or reserved.</summary>
    [Id(3)]
    public bool DryRun { get; init; }

    /// <summary>
    /// Entity tags of which the resource must have one, quotes included, or <c>*</c>; empty for no condition.
    /// </summary>
    [Id(4)]
    public ImmutableArray<string> IfMatch { get; init; } = [];

    /// <summary>
    /// The caller's role. Only an admin moves the primary of a protected model, and changes its policy.
    /// </summary>
    [Id(5)]
    public Role Role { get; init; } = Role.Deployer;

    /// <summary>The name of the caller's key, or null for a caller who has none.</summary>
    [Id(6)]
    public string? ActorName { get; init; }

    /// <summary>Why, in the caller's own words, or null. The events of the command keep it.</summary>
    [Id(7)]
    public string? Comment { get; init; }

    /// <summary>The context of a command that is given now: it has the whole lifetime.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="role">As what.</param>
    /// <param name="now">When.</param>
    internal static CommandContext For(string actor, Role role, DateTimeOffset now) =>
        new() { CommandId = Guid.CreateVersion7(now), Actor = actor, Deadline = now + Lifetime, Role = role };

    /// <summary>Says whether the resource whose tag this is meets the condition.</summary>
    public bool Matches(string entityTag) => IfMatch.IsDefaultOrEmpty || IfMatch.Contains("*") || IfMatch.Contains(entityTag);
}
