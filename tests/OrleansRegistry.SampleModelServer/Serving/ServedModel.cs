using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace OrleansRegistry.SampleModelServer.Serving;

/// <summary>A classifier from an ONNX file, run by ONNX Runtime. Threads may share it.</summary>
internal sealed class ServedModel : IDisposable
{
    /// <summary>The input: a row of numbers for each flower.</summary>
    public const string Input = "measurements";

    /// <summary>The output with the index of each flower's label.</summary>
    public const string Label = "label";

    /// <summary>The output with the probability of every label for each flower.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>Where the file's metadata names the labels, separated by commas, in the order of their indexes.</summary>
    public const string LabelsKey = "labels";

    private static readonly string[] InputNames = [Input];
    private static readonly string[] OutputNames = [Label, Probabilities];

    private readonly InferenceSession _session;

    private ServedModel(string file, InferenceSession session)
    {
        _session = session;
        FileName = Path.GetFileName(file);
        Inputs = Tensors(session.InputMetadata);
        Outputs = Tensors(session.OutputMetadata);
        Labels = session.ModelMetadata.CustomMetadataMap.TryGetValue(LabelsKey, out var labels) ? labels.Split(',') : [];
        Features = Inputs is [{ Name: Input, Datatype: "FP32", Shape: [-1, > 0 and var features] }] ? features : 0;
    }

    /// <summary>The name of the file, which tells callers which model answered them.</summary>
    public string FileName { get; }

    /// <summary>What the model takes.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>What the model gives.</summary>
    public IReadOnlyList<Tensor> Outputs { get; }

    /// <summary>The names of the labels, by index.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>How many numbers describe one flower.</summary>
    public int Features { get; }

    /// <summary>Loads a model.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or not one of this kind.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static ServedModel Load(string file)
    {
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"There is no model at {file}.", file);
        }

        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        try
        {
            var model = new ServedModel(file, new InferenceSession(file, options));
            if (model.IsClassifier)
            {
                return model;
            }

            model.Dispose();
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"{file} is not an ONNX model: {e.Message}", e);
        }

        throw new InvalidDataException(
            $"{file} is not a classifier with the input {Input} (FP32), the outputs {Label} (INT64) and {Probabilities} (FP32), and the names of its {LabelsKey}.");
    }

    /// <summary>Classifies a batch.</summary>
    /// <param name="measurements">At least one flower, <see cref="Features"/> numbers each, flower after flower.</param>
    public Classification Classify(float[] measurements)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(measurements, [measurements.Length / Features, Features]);
        using var options = new RunOptions();
        using var outputs = _session.Run(options, InputNames, [input], OutputNames);
        return new Classification(outputs[0].GetTensorDataAsSpan<long>().ToArray(), outputs[1].GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose() => _session.Dispose();

    private bool IsClassifier =>
        Features > 0
        && Labels.Count > 0
        && Outputs is [{ Name: Label, Datatype: "INT64", Shape: [-1] }, { Name: Probabilities, Datatype: "FP32", Shape: [-1, var labels] }]
        && labels == Labels.Count;

    private static List<Tensor> Tensors(IReadOnlyDictionary<string, NodeMetadata> metadata) =>
        [.. metadata.Select(node => new Tensor(node.Key, Datatype(node.Value), node.Value.Dimensions))];

    private static string Datatype(NodeMetadata node) =>
        node.ElementType == typeof(float) ? "FP32"
        : node.ElementType == typeof(long) ? "INT64"
        : node.ElementType.Name;
}
