namespace OrleansRegistry.Events;

/// <summary>Who does something, and why.</summary>
/// <param name="Actor">Who, as events and views name them.</param>
/// <param name="Name">The name of their key, or null.</param>
/// <param name="Comment">Why, in their own words, or null.</param>
internal sealed record Author(string Actor, string? Name = null, string? Comment = null)
{
    /// <summary>The author of a command.</summary>
    public static Author Of(CommandContext command) => new(command.Actor, command.ActorName, command.Comment);
}
