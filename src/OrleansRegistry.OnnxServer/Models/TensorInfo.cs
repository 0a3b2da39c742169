using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansRegistry.OnnxServer.Models;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements; null where it is no tensor.</param>
/// <param name="Shape">Its dimensions; -1 is one of any size.</param>
internal sealed record TensorInfo(string Name, TensorElementType? Type, IReadOnlyList<int> Shape)
{
    /// <summary>The type in the words of the Open Inference Protocol.</summary>
    public string Datatype => (Type is { } type ? TensorType.Name(type) : null) ?? "BYTES";
}
