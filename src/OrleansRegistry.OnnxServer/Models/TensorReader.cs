using System.Numerics;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansRegistry.OnnxServer.Models;

/// <summary>Makes tensors from JSON.</summary>
internal static class TensorReader
{
    private const int MaxDimensions = 16;

    /// <summary>A tensor from nested arrays, whose nesting is its shape.</summary>
    /// <param name="data">The arrays.</param>
    /// <param name="info">The input of the model.</param>
    /// <param name="path">Where the arrays stand in the body.</param>
    /// <exception cref="WrongInputException">They are ragged, or not of the model's type.</exception>
    public static OrtValue FromNested(JsonElement data, TensorInfo info, string path)
    {
        List<long> shape = [];
        for (var level = data; level.ValueKind == JsonValueKind.Array; level = level[0])
        {
            shape.Add(level.GetArrayLength());
            if (shape[^1] == 0 || shape.Count > MaxDimensions)
            {
                break;
            }
        }

        List<JsonElement> leaves = [];
        Flatten(data, [.. shape], 0, leaves, path);
        return Make(leaves, info, [.. shape], path);
    }

    /// <summary>A tensor from data that is flat, or nested like its shape.</summary>
    /// <param name="data">The data.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="info">The input of the model.</param>
    /// <param name="path">Where the data stand in the body.</param>
    /// <exception cref="WrongInputException">The data don't fit the shape, or the model's type.</exception>
    public static OrtValue FromShaped(JsonElement data, long[] shape, TensorInfo info, string path)
    {
        List<JsonElement> leaves = [];
        FlattenAny(data, leaves, 0, path);
        // Divided, since a product could overflow.
        var left = (long)leaves.Count;
        foreach (var size in shape)
        {
            left = size > 0 && left % size == 0 ? left / size : -1;
            if (left < 0)
            {
                break;
            }
        }

        return left == 1
            ? Make(leaves, info, shape, path)
            : throw new WrongInputException($"{path} has {leaves.Count} values, which is not what its shape [{string.Join(", ", shape)}] says.");
    }

    private static void Flatten(JsonElement data, long[] shape, int depth, List<JsonElement> leaves, string path)
    {
        if (depth == shape.Length)
        {
            if (data.ValueKind == JsonValueKind.Array)
            {
                throw new WrongInputException($"{path} is ragged: its rows differ in shape.");
            }

            leaves.Add(data);
            return;
        }

        if (data.ValueKind != JsonValueKind.Array || data.GetArrayLength() != shape[depth])
        {
            throw new WrongInputException($"{path} is ragged: its rows differ in shape.");
        }

        foreach (var item in data.EnumerateArray())
        {
            Flatten(item, shape, depth + 1, leaves, path);
        }
    }

    private static void FlattenAny(JsonElement data, List<JsonElement> leaves, int depth, string path)
    {
        if (data.ValueKind != JsonValueKind.Array || depth > MaxDimensions)
        {
            throw new WrongInputException($"{path} must be an array.");
        }

        foreach (var item in data.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                FlattenAny(item, leaves, depth + 1, path);
            }
            else
            {
                leaves.Add(item);
            }
        }
    }

    private static OrtValue Make(List<JsonElement> leaves, TensorInfo info, long[] shape, string path)
    {
        try
        {
            return info.Type switch
            {
                TensorElementType.Float => Make(leaves, shape, leaf => Finite(leaf.GetSingle())),
                TensorElementType.Double => Make(leaves, shape, leaf => Finite(leaf.GetDouble())),
                TensorElementType.Float16 => Make(leaves, shape, leaf => (Float16)(float)Finite((Half)leaf.GetSingle())),
                TensorElementType.Int8 => Make(leaves, shape, leaf => leaf.GetSByte()),
                TensorElementType.Int16 => Make(leaves, shape, leaf => leaf.GetInt16()),
                TensorElementType.Int32 => Make(leaves, shape, leaf => leaf.GetInt32()),
                TensorElementType.Int64 => Make(leaves, shape, leaf => leaf.GetInt64()),
                TensorElementType.UInt8 => Make(leaves, shape, leaf => leaf.GetByte()),
                TensorElementType.UInt16 => Make(leaves, shape, leaf => leaf.GetUInt16()),
                TensorElementType.UInt32 => Make(leaves, shape, leaf => leaf.GetUInt32()),
                TensorElementType.UInt64 => Make(leaves, shape, leaf => leaf.GetUInt64()),
                TensorElementType.Bool => Make(leaves, shape, leaf => leaf.GetBoolean()),
                TensorElementType.String => Texts(leaves, shape),
                _ => throw new WrongInputException($"{path}: the model's input {info.Name} has a type that JSON can't hold."),
            };
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw new WrongInputException($"{path} has a value that is not {info.Datatype}.");
        }
    }

    private static OrtValue Make<T>(List<JsonElement> leaves, long[] shape, Func<JsonElement, T> read)
        where T : unmanaged
    {
        var values = new T[leaves.Count];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = read(leaves[index]);
        }

        return OrtValue.CreateTensorValueFromMemory(values, shape);
    }

    // JSON has numbers that a type can't hold; they are read as infinity.
    private static T Finite<T>(T number)
        where T : IFloatingPointIeee754<T> =>
        T.IsFinite(number) ? number : throw new FormatException();

    private static OrtValue Texts(List<JsonElement> leaves, long[] shape)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        foreach (var (index, leaf) in leaves.Index())
        {
            value.StringTensorSetElementAt((leaf.GetString() ?? "").AsSpan(), index);
        }

        return value;
    }
}
