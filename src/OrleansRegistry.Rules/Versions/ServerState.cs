using System.Text.Json.Serialization;

namespace OrleansRegistry.Versions;

/// <summary>One server of a version, and whether it is up.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServerState")]
internal sealed record ServerState
{
    [Id(0)]
    public required string Url { get; init; }

    [Id(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? HealthUrl { get; init; }

    /// <summary>Since when it is up, or is waited for.</summary>
    [Id(2)]
    [JsonRequired]
    public DateTimeOffset Since { get; init; }

    /// <summary>
    /// The attempt to start in which it came up, or null: an older build may since have begun another, without it.
    /// </summary>
    [Id(3)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyName("up_in_start")]
    public int? UpAttempt { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(4)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }
}

/// <summary>
/// The servers of an active version that has several, as its model knows them: where calls may go, and how many there
/// are (rules SV1 and SV2).
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ActiveServers")]
internal sealed record ActiveServers
{
    /// <summary>The attempt to start that they belong to: an older build may since have begun another, elsewhere.</summary>
    [Id(0)]
    [JsonRequired]
    [JsonPropertyName("start")]
    public int Attempt { get; init; }

    /// <summary>How many there are.</summary>
    [Id(1)]
    [JsonRequired]
    public int Count { get; init; }

    /// <summary>The addresses of those that are up, in their order.</summary>
    [Id(2)]
    public required IReadOnlyList<string> Up { get; init; }

    /// <summary>Whether a call may be made twice.</summary>
    [Id(3)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Repeatable { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(4)]
    [JsonExtensionData]
    public ExtensionData? ExtensionData { get; set; }

    /// <summary>As a version's serving says; <paramref name="known"/> where nothing of it has changed.</summary>
    public static ActiveServers? Of(ServingState? serving, ActiveServers? known)
    {
        if (serving?.Servers is not { } servers)
        {
            return null;
        }

        string[] up = [.. servers.Where(server => server.IsUp(serving)).Select(server => server.Url)];
        return known is not null && known.Attempt == serving.Attempt && known.Count == servers.Count
            && known.Repeatable == serving.Repeatable && known.Up.SequenceEqual(up)
            ? known
            : new ActiveServers { Attempt = serving.Attempt, Count = servers.Count, Up = up, Repeatable = serving.Repeatable };
    }
}
