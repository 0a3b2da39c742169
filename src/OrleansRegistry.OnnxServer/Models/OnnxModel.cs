using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace OrleansRegistry.OnnxServer.Models;

/// <summary>
/// A model from an ONNX file, run by ONNX Runtime. Threads may share it. ONNX Runtime reads external data from below the file's directory only, and
/// has no operators but its own.
/// </summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string[] _outputNames;

    private OnnxModel(InferenceSession session)
    {
        _session = session;
        Inputs = Tensors(session.InputMetadata);
        Outputs = Tensors(session.OutputMetadata);
        _outputNames = [.. Outputs.Select(output => output.Name)];
    }

    /// <summary>What the model takes.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; }

    /// <summary>What the model gives.</summary>
    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>Loads a model.</summary>
    /// <exception cref="InvalidDataException">The file is no ONNX model, or takes what JSON can't hold.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static OnnxModel Load(string file)
    {
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"The package has no {Path.GetFileName(file)}.", file);
        }

        using SessionOptions options = new() { IntraOpNumThreads = Environment.ProcessorCount, InterOpNumThreads = 1 };
        try
        {
            OnnxModel model = new(new InferenceSession(file, options));
            if (model.Inputs.FirstOrDefault(input => input.Type is null) is not { } other)
            {
                return model;
            }

            model.Dispose();
            throw new InvalidDataException($"Its input {other.Name} is no tensor.");
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"{Path.GetFileName(file)} can't be loaded: {e.Message}", e);
        }
    }

    /// <summary>Runs the model.</summary>
    /// <param name="inputs">A value for each of <see cref="Inputs"/>, in that order.</param>
    /// <returns>A value for each of <see cref="Outputs"/>; dispose of it.</returns>
    /// <exception cref="WrongInputException">The model doesn't take these.</exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(IReadOnlyCollection<OrtValue> inputs)
    {
        using RunOptions options = new();
        try
        {
            return _session.Run(options, [.. Inputs.Select(input => input.Name)], inputs, _outputNames);
        }
        catch (OnnxRuntimeException e) when (e.Message.Contains("InvalidArgument", StringComparison.Ordinal))
        {
            throw new WrongInputException($"The model does not take this input: {e.Message}");
        }
    }

    public void Dispose() => _session.Dispose();

    private static List<TensorInfo> Tensors(IReadOnlyDictionary<string, NodeMetadata> metadata) =>
        [.. metadata.Select(node => new TensorInfo(
            node.Key, node.Value.IsTensor ? node.Value.ElementDataType : null, node.Value.IsTensor ? node.Value.Dimensions : []))];
}
