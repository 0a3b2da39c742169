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

    /// <summary>One of <see cref="EventType"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The instant of the command.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The workspace.</summary>
    public required string Workspace { get; init; }

    /// <summary>The model, or null for an event of the workspace.</summary>
    public string? ModelId { get; init; }

    /// <summary>The version, or null for an event of the model or the workspace.</summary>
    public string? VersionId { get; init; }

    /// <summary>Whose command it was.</summary>
    public required string Actor { get; init; }

    /// <summary>What the type adds, an object.</summary>
    public required JsonElement Data { get; init; }
}
