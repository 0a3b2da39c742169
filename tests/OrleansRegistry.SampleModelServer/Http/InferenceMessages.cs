using System.Text.Json;
using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>Describes the server.</summary>
internal sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>Whether the server is up.</summary>
internal sealed record ServerLive(bool Live);

/// <summary>Whether the server takes requests. The specification's text calls the field <c>live</c>, its servers <c>ready</c>: both are here.</summary>
internal sealed record ServerReady(bool Live, bool Ready);

/// <summary>Whether a model takes requests.</summary>
internal sealed record ModelReady(string Name, bool Ready);

/// <summary>Describes a model.</summary>
internal sealed record ModelMetadata(string Name, string Platform, IReadOnlyList<Tensor> Inputs, IReadOnlyList<Tensor> Outputs);

/// <summary>Asks a model about tensors.</summary>
internal sealed record InferenceRequest(string? Id, InputTensor?[]? Inputs, RequestedOutput?[]? Outputs);

/// <summary>A tensor that a caller sends; its data may be nested like its shape, or flat.</summary>
internal sealed record InputTensor(string? Name, long[]? Shape, string? Datatype, JsonElement Data);

/// <summary>A tensor that a caller wants; without any it gets them all.</summary>
internal sealed record RequestedOutput(string? Name);

/// <summary>What the model answered.</summary>
internal sealed record InferenceAnswer(
    string ModelName, string? ModelVersion, string? Id, IReadOnlyDictionary<string, string> Parameters, IReadOnlyList<OutputTensor> Outputs);

/// <summary>A tensor that a model gives, its data flat.</summary>
internal sealed record OutputTensor(string Name, string Datatype, IReadOnlyList<int> Shape, object Data);
