using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansRegistry.Events;

/// <summary>
/// An event as the rules make it: the command adds who, when and where. What can happen to a thing is said beside its
/// rules.
/// </summary>
/// <param name="Type">One of <see cref="EventType"/>.</param>
/// <param name="Data">An object, as JSON text.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.EventDraft")]
internal readonly record struct EventDraft([property: Id(0)] string Type, [property: Id(1)] string Data)
{
    /// <summary>An event that says nothing beside its type.</summary>
    /// <param name="type">One of <see cref="EventType"/>.</param>
    public static EventDraft Of(string type) => new(type, "{}");

    /// <summary>An event that says something.</summary>
    /// <param name="type">One of <see cref="EventType"/>.</param>
    /// <param name="data">What it says.</param>
    /// <param name="json">How it is written.</param>
    public static EventDraft Of<T>(string type, T data, JsonTypeInfo<T> json) =>
        new(type, JsonSerializer.Serialize(data, json));

    /// <summary>The event of a row that is no model's.</summary>
    /// <param name="command">Who, and why.</param>
    /// <param name="at">When.</param>
    /// <param name="workspace">Where, or null for the row's own workspace.</param>
    public EventWrite By(CommandContext command, DateTimeOffset at, string? workspace = null) =>
        By(Author.Of(command), at) with { Workspace = workspace };

    /// <summary>The event of a model's row.</summary>
    /// <param name="author">Who, and why.</param>
    /// <param name="at">When.</param>
    /// <param name="version">The version, or null for an event of the model.</param>
    public EventWrite By(Author author, DateTimeOffset at, VersionId? version = null) => new()
    {
        Type = Type,
        At = at,
        VersionId = version?.ToString(),
        Actor = author.Actor,
        ActorName = author.Name,
        Comment = author.Comment,
        Data = Data,
    };
}
