using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansRegistry.OnnxServer.Models;

/// <summary>
/// Reads the elements of an output, to write them as JSON. An output is a tensor, or a sequence with one map for each row, as converters of
/// classifiers make it.
/// </summary>
internal sealed class TensorWriter
{
    private readonly Action<Utf8JsonWriter, int> _write;

    private TensorWriter(long[] shape, string datatype, int count, Action<Utf8JsonWriter, int> write) =>
        (Shape, Datatype, Count, _write) = (shape, datatype, count, write);

    /// <summary>The shape.</summary>
    public long[] Shape { get; }

    /// <summary>The type in the words of the Open Inference Protocol.</summary>
    public string Datatype { get; }

    /// <summary>How many elements there are.</summary>
    public int Count { get; }

    /// <summary>Reads an output.</summary>
    /// <exception cref="InvalidDataException">It is of a kind that JSON can't hold.</exception>
    public static TensorWriter Of(OrtValue value) => value.OnnxType switch
    {
        OnnxValueType.ONNX_TYPE_TENSOR => OfTensor(value),
        OnnxValueType.ONNX_TYPE_SEQUENCE => OfMaps(value),
        var other => throw new InvalidDataException($"The model answers with a value of kind {other}, which JSON can't hold."),
    };

    /// <summary>Writes one element.</summary>
    public void WriteElement(Utf8JsonWriter json, int index) => _write(json, index);

    /// <summary>Writes all elements, nested like the shape from one dimension on.</summary>
    /// <param name="json">Takes them.</param>
    /// <param name="dimension">The dimension.</param>
    /// <param name="offset">The first element.</param>
    /// <param name="count">How many there are from it on.</param>
    public void WriteNested(Utf8JsonWriter json, int dimension, int offset, int count)
    {
        if (dimension >= Shape.Length)
        {
            WriteElement(json, offset);
            return;
        }

        json.WriteStartArray();
        var rows = (int)Shape[dimension];
        for (var row = 0; row < rows; row++)
        {
            WriteNested(json, dimension + 1, offset + (row * (count / rows)), count / rows);
        }

        json.WriteEndArray();
    }

    private static TensorWriter OfTensor(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var (shape, count) = (info.Shape, checked((int)info.ElementCount));
        var datatype = TensorType.Name(info.ElementDataType) ?? throw new InvalidDataException($"The model answers with {info.ElementDataType}, which JSON can't hold.");
        return info.ElementDataType switch
        {
            TensorElementType.Float => Elements<float>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.Double => Elements<double>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.Float16 => Elements<Float16>((json, number) => json.WriteNumberValue((float)number)),
            TensorElementType.Int8 => Elements<sbyte>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.Int16 => Elements<short>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.Int32 => Elements<int>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.Int64 => Elements<long>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.UInt8 => Elements<byte>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.UInt16 => Elements<ushort>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.UInt32 => Elements<uint>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.UInt64 => Elements<ulong>((json, number) => json.WriteNumberValue(number)),
            TensorElementType.Bool => Elements<bool>((json, flag) => json.WriteBooleanValue(flag)),
            TensorElementType.String => Texts(value.GetStringTensorAsArray()),
            _ => throw new InvalidDataException($"The model answers with {datatype}, which JSON can't hold."),
        };

        TensorWriter Elements<T>(Action<Utf8JsonWriter, T> write)
            where T : unmanaged
        {
            var elements = value.GetTensorDataAsSpan<T>().ToArray();
            return new TensorWriter(shape, datatype, count, (json, index) => write(json, elements[index]));
        }

        TensorWriter Texts(string[] texts) => new(shape, datatype, count, (json, index) => json.WriteStringValue(texts[index]));
    }

    private static TensorWriter OfMaps(OrtValue sequence)
    {
        var allocator = OrtAllocator.DefaultInstance;
        List<(string[] Keys, TensorWriter Values)> rows = [];
        for (var row = 0; row < sequence.GetValueCount(); row++)
        {
            using var map = sequence.GetValue(row, allocator);
            if (map.OnnxType != OnnxValueType.ONNX_TYPE_MAP)
            {
                throw new InvalidDataException($"The model answers with a sequence of values of kind {map.OnnxType}, which JSON can't hold.");
            }

            using var keys = map.GetValue(0, allocator);
            using var values = map.GetValue(1, allocator);
            rows.Add((Keys(keys), OfTensor(values)));
        }

        return new TensorWriter([rows.Count], "BYTES", rows.Count, (json, row) =>
        {
            json.WriteStartObject();
            foreach (var (index, key) in rows[row].Keys.Index())
            {
                json.WritePropertyName(key);
                rows[row].Values.WriteElement(json, index);
            }

            json.WriteEndObject();
        });
    }

    private static string[] Keys(OrtValue keys) =>
        keys.GetTensorTypeAndShape().ElementDataType == TensorElementType.String
            ? keys.GetStringTensorAsArray()
            : [.. keys.GetTensorDataAsSpan<long>().ToArray().Select(key => key.ToString(System.Globalization.CultureInfo.InvariantCulture))];
}
