using System.Buffers.Binary;
using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Training;

/// <summary>Writes a linear classifier as an ONNX file: Gemm gives the scores, Softmax the probabilities, ArgMax the label.</summary>
internal static class OnnxFile
{
    private const int IrVersion = 8;
    private const int Opset = 13;
    private const string Weights = "weights";
    private const string Biases = "biases";
    private const string Scores = "scores";

    /// <summary>Writes the file.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="labels">The names of its classes, which go into the file's metadata.</param>
    /// <param name="version">The model's version.</param>
    public static byte[] Write(LinearClassifier classifier, IReadOnlyList<string> labels, string version)
    {
        var classes = classifier.Biases.Length;
        var features = classifier.Weights.Length / classes;
        var graph = new ProtobufWriter()
            .Message(GraphFields.Node, Node("Gemm", [ServedModel.Input, Weights, Biases], Scores))
            .Message(GraphFields.Node, Node("ArgMax", [Scores], ServedModel.Label, ("axis", 1), ("keepdims", 0)))
            .Message(GraphFields.Node, Node("Softmax", [Scores], ServedModel.Probabilities, ("axis", 1)))
            .Text(GraphFields.Name, "iris")
            .Message(GraphFields.Initializer, Constant(Weights, [features, classes], classifier.Weights))
            .Message(GraphFields.Initializer, Constant(Biases, [classes], classifier.Biases))
            .Message(GraphFields.Input, Batch(ServedModel.Input, ElementTypes.Float, features))
            .Message(GraphFields.Output, Batch(ServedModel.Label, ElementTypes.Int64))
            .Message(GraphFields.Output, Batch(ServedModel.Probabilities, ElementTypes.Float, classes));
        return new ProtobufWriter()
            .Number(ModelFields.IrVersion, IrVersion)
            .Text(ModelFields.ProducerName, "OrleansRegistry.SampleModelServer")
            .Text(ModelFields.ProducerVersion, version)
            .Message(ModelFields.Graph, graph)
            .Message(ModelFields.OpsetImport, new ProtobufWriter().Number(OpsetFields.Version, Opset))
            .Message(ModelFields.MetadataProps, new ProtobufWriter().Text(EntryFields.Key, ServedModel.LabelsKey).Text(EntryFields.Value, string.Join(',', labels)))
            .ToArray();
    }

    private static ProtobufWriter Node(string operation, IEnumerable<string> inputs, string output, params IEnumerable<(string Name, int Value)> attributes)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs)
        {
            node.Text(NodeFields.Input, input);
        }

        node.Text(NodeFields.Output, output).Text(NodeFields.Name, operation).Text(NodeFields.OpType, operation);
        foreach (var (name, value) in attributes)
        {
            node.Message(
                NodeFields.Attribute,
                new ProtobufWriter()
                    .Text(AttributeFields.Name, name)
                    .Number(AttributeFields.Integer, value)
                    .Number(AttributeFields.Type, AttributeFields.IntegerType));
        }

        return node;
    }

    private static ProtobufWriter Constant(string name, IEnumerable<int> shape, float[] values)
    {
        var tensor = new ProtobufWriter();
        foreach (var size in shape)
        {
            tensor.Number(TensorFields.Dims, size);
        }

        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        return tensor.Number(TensorFields.DataType, ElementTypes.Float).Text(TensorFields.Name, name).Bytes(TensorFields.RawData, bytes);
    }

    /// <summary>An input or output with a row for each flower, whose number is left open.</summary>
    private static ProtobufWriter Batch(string name, int elementType, params IEnumerable<int> row)
    {
        var shape = new ProtobufWriter().Message(ValueFields.Dimension, new ProtobufWriter().Text(ValueFields.DimensionName, "flowers"));
        foreach (var size in row)
        {
            shape.Message(ValueFields.Dimension, new ProtobufWriter().Number(ValueFields.DimensionValue, size));
        }

        var tensor = new ProtobufWriter().Number(ValueFields.ElementType, elementType).Message(ValueFields.Shape, shape);
        return new ProtobufWriter().Text(ValueFields.Name, name).Message(ValueFields.Type, new ProtobufWriter().Message(ValueFields.TensorType, tensor));
    }
}
