using System.Text.Json.Serialization;

namespace OrleansRegistry.Events;

/// <summary>
/// The state of a row that commands change: it names the last of them, and carries on its way what the write stores
/// beside it.
/// </summary>
internal abstract record CommandState
{
    /// <summary>The command that last changed the row.</summary>
    [JsonRequired]
    public Guid LastCommand { get; init; }

    /// <summary>The part of the write beside the row; null once it is stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EventWrite>? Events { get; init; }

    /// <summary>The command's deadline, checked again by the database; null once it is stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? NotAfter { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}
