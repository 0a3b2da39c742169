using System.Globalization;

namespace OrleansRegistry.SampleModelServer.Training;

/// <summary>The iris measurements that R. A. Fisher published in 1936 (see Models/README.md).</summary>
internal static class IrisData
{
    /// <summary>The species, in the order of the model's labels.</summary>
    public static IReadOnlyList<string> Species { get; } = ["setosa", "versicolor", "virginica"];

    /// <summary>The measurements of a flower, in the order of the columns.</summary>
    public static IReadOnlyList<string> Features { get; } = ["sepal_length", "sepal_width", "petal_length", "petal_width"];

    /// <summary>All 150 flowers, in Fisher's order.</summary>
    public static IReadOnlyList<Flower> Flowers { get; } = Read();

    private static List<Flower> Read()
    {
        using var stream = typeof(IrisData).Assembly.GetManifestResourceStream("iris.csv")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(Parse)];
    }

    private static Flower Parse(string line)
    {
        var cells = line.Split(',');
        return new Flower(
            [.. cells[..^1].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))],
            Species.Index().Single(species => species.Item == cells[^1]).Index);
    }
}
