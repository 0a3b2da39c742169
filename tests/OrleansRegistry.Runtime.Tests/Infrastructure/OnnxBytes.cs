using System.Text;

namespace OrleansRegistry.Runtime.Tests.Infrastructure;

/// <summary>Writes small ONNX models, field by field as protobuf has them.</summary>
internal static class OnnxBytes
{
    /// <summary>A model that adds a number to its input <c>x</c>; the number is in another file.</summary>
    /// <param name="location">Where the model says that the other file is.</param>
    public static byte[] AddsExternalNumber(string location) => Model("Add", "",
        Field(5, Number(1, 1), Number(2, 1), Text(8, "w"), Field(13, Text(1, "location"), Text(2, location)), Number(14, 1)));

    /// <summary>A model with an operator that a library of its author would bring.</summary>
    public static byte[] WithCustomOperator() => Model("Attack", "com.example", []);

    private static byte[] Model(string operation, string domain, byte[] initializer) =>
    [
        .. Number(1, 8),
        .. Field(
            7,
            Field(1, Text(1, "x"), domain.Length == 0 ? Text(1, "w") : [], Text(2, "y"), Text(4, operation), Text(7, domain)),
            Text(2, "test"), initializer, Value(11, "x"), Value(12, "y")),
        .. Field(8, Number(2, 13)),
        .. domain.Length == 0 ? [] : Field(8, Text(1, domain), Number(2, 1)),
    ];

    /// <summary>An input or output of one FP32.</summary>
    private static byte[] Value(int field, string name) =>
        Field(field, Text(1, name), Field(2, Field(1, Number(1, 1), Field(2, Field(1, Number(1, 1))))));

    private static byte[] Number(int field, byte value) => [(byte)(field << 3), value];

    private static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int field, params byte[][] parts)
    {
        byte[] content = [.. parts.SelectMany(part => part)];
        List<byte> length = [];
        for (var left = content.Length; ; left >>= 7)
        {
            length.Add((byte)((left & 0x7f) | (left > 0x7f ? 0x80 : 0)));
            if (left <= 0x7f)
            {
                break;
            }
        }

        return [(byte)((field << 3) | 2), .. length, .. content];
    }
}
