namespace OrleansRegistry.SampleModelServer.Serving;

/// <summary>An input or output of the model, in the words of the Open Inference Protocol.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">The type of its elements, such as <c>FP32</c>.</param>
/// <param name="Shape">Its dimensions; -1 is one of any size.</param>
internal sealed record Tensor(string Name, string Datatype, IReadOnlyList<int> Shape);
