using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>
/// Something that happened, stored by the statement that made it happen. Ids are positions: gapless, in order of commit, so that
/// a reader who follows them misses none.
/// </summary>
public sealed record RegistryEvent
{
    /// <summary>The position, as decimal text.</summary>
    public required string Id { get; init; }

    /// <summary>The position as a number.</summary>
    [JsonIgnore]
    public long Position => long.Parse(Id, CultureInfo.InvariantCulture);

    /// <summary>One of <see cref="EventType"/>. A later release may have more of them: pass over those that you don't know.</summary>
    public required string Type { get; init; }

    /// <summary>The instant of the command.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The workspace.</summary>
    public required string Workspace { get; init; }

    /// <summary>The model, or null for an event of the workspace.</summary>
    public string? ModelId { get; init; }

    /// <summary>The name of the model, or null for an event of the workspace.</summary>
    public string? ModelName { get; init; }

    /// <summary>The version, or null for an event of the model or the workspace.</summary>
    public string? VersionId { get; init; }

    /// <summary>The number of the version, or null for an event of the model or the workspace.</summary>
    public string? Version { get; init; }

    /// <summary>Whose command it was.</summary>
    public required string Actor { get; init; }

    /// <summary>The name of the actor's key, or null for an actor who has none.</summary>
    public string? ActorName { get; init; }

    /// <summary>Why, in the actor's own words, or null when they said nothing.</summary>
    public string? Comment { get; init; }

    /// <summary>The data of this type of event, an object.</summary>
    public required JsonElement Data { get; init; }
}

/// <summary>A <see cref="RegistryEvent"/> between processes: its data as text.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RegistryEvent")]
internal readonly record struct RegistryEventSurrogate
{
    [Id(0)]
    public required string Id { get; init; }

    [Id(1)]
    public required string Type { get; init; }

    [Id(2)]
    public required DateTimeOffset At { get; init; }

    [Id(3)]
    public required string Workspace { get; init; }

    [Id(4)]
    public string? ModelId { get; init; }

    [Id(5)]
    public string? VersionId { get; init; }

    [Id(6)]
    public required string Actor { get; init; }

    [Id(7)]
    public required string Data { get; init; }

    [Id(8)]
    public string? ModelName { get; init; }

    [Id(9)]
    public string? Version { get; init; }

    [Id(10)]
    public string? ActorName { get; init; }

    [Id(11)]
    public string? Comment { get; init; }
}

/// <summary>Turns events into what is sent, and back.</summary>
[RegisterConverter]
internal sealed class RegistryEventConverter : IConverter<RegistryEvent, RegistryEventSurrogate>
{
    public RegistryEvent ConvertFromSurrogate(in RegistryEventSurrogate surrogate)
    {
        using var data = JsonDocument.Parse(surrogate.Data);
        return new RegistryEvent
        {
            Id = surrogate.Id,
            Type = surrogate.Type,
            At = surrogate.At,
            Workspace = surrogate.Workspace,
            ModelId = surrogate.ModelId,
            ModelName = surrogate.ModelName,
            VersionId = surrogate.VersionId,
            Version = surrogate.Version,
            Actor = surrogate.Actor,
            ActorName = surrogate.ActorName,
            Comment = surrogate.Comment,
            Data = data.RootElement.Clone(),
        };
    }

    public RegistryEventSurrogate ConvertToSurrogate(in RegistryEvent value) => new()
    {
        Id = value.Id,
        Type = value.Type,
        At = value.At,
        Workspace = value.Workspace,
        ModelId = value.ModelId,
        ModelName = value.ModelName,
        VersionId = value.VersionId,
        Version = value.Version,
        Actor = value.Actor,
        ActorName = value.ActorName,
        Comment = value.Comment,
        Data = value.Data.GetRawText(),
    };
}
