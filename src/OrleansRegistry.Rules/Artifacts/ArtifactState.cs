using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Artifacts;

/// <summary>What the row of an artifact stores; its files stand in a table of their own.</summary>
internal sealed record ArtifactState : CommandState
{
    /// <summary>What the files are.</summary>
    [JsonRequired]
    public ArtifactFormat Format { get; init; }

    /// <summary>What an environment must have to serve it.</summary>
    public required ArtifactRequirements Requires { get; init; }

    /// <summary>How many files it has.</summary>
    [JsonRequired]
    public int FileCount { get; init; }

    /// <summary>The size of all files together, in bytes.</summary>
    [JsonRequired]
    public long SizeBytes { get; init; }

    /// <summary>When it was made.</summary>
    [JsonRequired]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Since when no version is known to be deployed with it; null while one is.</summary>
    public DateTimeOffset? UnusedSince { get; init; }

    /// <summary>Since when it is about to be collected: it isn't there for anybody. Null while it isn't.</summary>
    public DateTimeOffset? MarkedAt { get; init; }

    /// <summary>When it was collected, or null. Making it again makes it anew.</summary>
    public DateTimeOffset? RemovedAt { get; init; }

    /// <summary>Whether a deployment can name it.</summary>
    [JsonIgnore]
    public bool IsThere => MarkedAt is null && RemovedAt is null;

    /// <summary>A new one.</summary>
    public static ArtifactState Of(ArtifactManifest manifest, string createdBy, DateTimeOffset at) => new()
    {
        Format = manifest.Format,
        Requires = manifest.Requires,
        FileCount = manifest.Files.Length,
        SizeBytes = manifest.Files.Sum(file => file.Size),
        CreatedAt = at,
        CreatedBy = createdBy,
        UnusedSince = at,
    };
}
