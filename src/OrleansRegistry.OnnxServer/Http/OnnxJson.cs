using System.Text.Json.Serialization;

namespace OrleansRegistry.OnnxServer.Http;

/// <summary>The answer of <c>GET /health</c>.</summary>
internal sealed record HealthAnswer(string Status);

/// <summary>What a caller gets instead of an answer.</summary>
/// <param name="Error">What is wrong.</param>
/// <param name="Type">The type of the exception, where the model failed.</param>
internal sealed record ErrorAnswer(string Error, string? Type = null);

/// <summary>Describes the server.</summary>
internal sealed record ServerMetadata(string Name, string Version, string[] Extensions);

/// <summary>Whether the server is up.</summary>
internal sealed record ServerReady(bool Live, bool Ready);

/// <summary>Whether a model takes requests.</summary>
internal sealed record ModelReady(string Name, bool Ready);

/// <summary>Describes the model.</summary>
internal sealed record ModelMetadata(string Name, string Platform, TensorMetadata[] Inputs, TensorMetadata[] Outputs);

/// <summary>Describes an input or output.</summary>
internal sealed record TensorMetadata(string Name, string Datatype, IReadOnlyList<int> Shape);

/// <summary>The JSON of answers, written without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(ServerMetadata))]
[JsonSerializable(typeof(ServerReady))]
[JsonSerializable(typeof(ModelReady))]
[JsonSerializable(typeof(ModelMetadata))]
internal sealed partial class OnnxJson : JsonSerializerContext;
