namespace OrleansRegistry.SampleModelServer.Training;

/// <summary>How one of the model files is made.</summary>
/// <param name="FileName">The file's name.</param>
/// <param name="Version">The model's version, which the file carries.</param>
/// <param name="Features">Which measurements the model looks at.</param>
/// <param name="Steps">How long it is trained.</param>
internal sealed record IrisRecipe(string FileName, string Version, IReadOnlyList<int> Features, int Steps)
{
    /// <summary>A first try that looks at the sepals only, and a better one.</summary>
    public static IReadOnlyList<IrisRecipe> All { get; } =
    [
        new("iris-0.1.onnx", "0.1", [0, 1], 10),
        new("iris-1.0.onnx", "1.0", [0, 1, 2, 3], 2000),
    ];

    /// <summary>Trains the model.</summary>
    /// <returns>The bytes of the ONNX file, the same every time.</returns>
    public byte[] Generate() => OnnxFile.Write(SoftmaxRegression.Train(IrisData.Flowers, Features, Steps), IrisData.Species, Version);
}
