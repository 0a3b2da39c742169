using System.Text.Json.Serialization;
using OrleansRegistry.Events;

namespace OrleansRegistry.Artifacts;

/// <summary>What can happen to artifacts.</summary>
internal static class ArtifactEvents
{
    public static EventDraft Created(string digest, ArtifactState artifact) => EventDraft.Of(
        EventType.ArtifactCreated,
        new ArtifactCreatedData(digest, artifact.Format, artifact.FileCount, artifact.SizeBytes),
        ArtifactEventJson.Default.ArtifactCreatedData);

    public static EventDraft Removed(string digest) =>
        EventDraft.Of(EventType.ArtifactRemoved, new DigestData(digest), ArtifactEventJson.Default.DigestData);
}

internal sealed record ArtifactCreatedData(string Digest, ArtifactFormat Format, int Files, long SizeBytes);

internal sealed record DigestData(string Digest);

/// <summary>The JSON of what these events add.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(StateEnumConverter<ArtifactFormat>)])]
[JsonSerializable(typeof(ArtifactCreatedData))]
[JsonSerializable(typeof(DigestData))]
internal sealed partial class ArtifactEventJson : JsonSerializerContext;
