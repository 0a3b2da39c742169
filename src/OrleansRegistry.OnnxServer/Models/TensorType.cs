using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansRegistry.OnnxServer.Models;

/// <summary>The datatypes of the Open Inference Protocol.</summary>
internal static class TensorType
{
    /// <summary>The name of a type, such as <c>FP32</c>; null for one that the protocol doesn't have.</summary>
    public static string? Name(TensorElementType type) => type switch
    {
        TensorElementType.Bool => "BOOL",
        TensorElementType.UInt8 => "UINT8",
        TensorElementType.UInt16 => "UINT16",
        TensorElementType.UInt32 => "UINT32",
        TensorElementType.UInt64 => "UINT64",
        TensorElementType.Int8 => "INT8",
        TensorElementType.Int16 => "INT16",
        TensorElementType.Int32 => "INT32",
        TensorElementType.Int64 => "INT64",
        TensorElementType.Float16 => "FP16",
        TensorElementType.Float => "FP32",
        TensorElementType.Double => "FP64",
        TensorElementType.String => "BYTES",
        _ => null,
    };
}
