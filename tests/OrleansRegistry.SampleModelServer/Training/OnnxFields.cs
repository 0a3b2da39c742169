namespace OrleansRegistry.SampleModelServer.Training;

// The field numbers of onnx.proto (IR version 8) that a linear classifier needs.

internal static class ModelFields
{
    public const int IrVersion = 1;
    public const int ProducerName = 2;
    public const int ProducerVersion = 3;
    public const int Graph = 7;
    public const int OpsetImport = 8;
    public const int MetadataProps = 14;
}

internal static class OpsetFields
{
    public const int Version = 2;
}

internal static class EntryFields
{
    public const int Key = 1;
    public const int Value = 2;
}

internal static class GraphFields
{
    public const int Node = 1;
    public const int Name = 2;
    public const int Initializer = 5;
    public const int Input = 11;
    public const int Output = 12;
}

internal static class NodeFields
{
    public const int Input = 1;
    public const int Output = 2;
    public const int Name = 3;
    public const int OpType = 4;
    public const int Attribute = 5;
}

internal static class AttributeFields
{
    public const int Name = 1;
    public const int Integer = 3;
    public const int Type = 20;
    public const int IntegerType = 2;
}

internal static class TensorFields
{
    public const int Dims = 1;
    public const int DataType = 2;
    public const int Name = 8;
    public const int RawData = 9;
}

internal static class ValueFields
{
    public const int Name = 1;
    public const int Type = 2;
    public const int TensorType = 1;
    public const int ElementType = 1;
    public const int Shape = 2;
    public const int Dimension = 1;
    public const int DimensionValue = 1;
    public const int DimensionName = 2;
}

internal static class ElementTypes
{
    public const int Float = 1;
    public const int Int64 = 7;
}
