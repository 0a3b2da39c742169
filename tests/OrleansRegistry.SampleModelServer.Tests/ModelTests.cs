using System.Globalization;
using OrleansRegistry.SampleModelServer.Serving;
using OrleansRegistry.SampleModelServer.Training;

namespace OrleansRegistry.SampleModelServer.Tests;

/// <summary>The checked-in models, and the data they were made from.</summary>
public sealed class ModelTests
{
    public static TheoryData<string> Files { get; } = [.. IrisRecipe.All.Select(recipe => recipe.FileName)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Generating_a_model_again_gives_the_same_bytes(string file)
    {
        var recipe = IrisRecipe.All.Single(recipe => recipe.FileName == file);
        Assert.Equal(File.ReadAllBytes(ModelFiles.At(file)), recipe.Generate());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_model_is_as_good_as_its_readme_says(string file)
    {
        var row = File.ReadLines(ModelFiles.At("README.md")).Single(line => line.StartsWith($"| `{file}`", StringComparison.Ordinal));
        Assert.EndsWith($"| {Accuracy.Of(ModelFiles.At(file))} |", row, StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_model_is_visibly_better()
    {
        var accuracies = IrisRecipe.All.Select(recipe => Accuracy.Of(ModelFiles.At(recipe.FileName)).Right).ToArray();
        Assert.True(accuracies[1] - accuracies[0] > 20, string.Join(", ", accuracies));
    }

    [Fact]
    public void The_data_have_the_means_and_deviations_of_fishers_table()
    {
        Assert.Equal([50, 50, 50], IrisData.Flowers.CountBy(flower => flower.Species).OrderBy(count => count.Key).Select(count => count.Value));
        Assert.Equal(["5.006 3.428 1.462 0.246", "5.936 2.770 4.260 1.326", "6.588 2.974 5.552 2.026"], Enumerable.Range(0, 3).Select(Means));
        // Two mistakes may cancel out in a mean, but not in these.
        Assert.Equal("0.828066 0.435866 1.765298 0.762238", Columns(feature => Deviation([.. IrisData.Flowers.Select(flower => flower.Measurements[feature])]), "F6"));
    }

    [Fact]
    public void A_classifier_from_an_onnx_file_computes_what_training_found()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            // Two measurements, two labels, and scores that are easy to follow: x - y + 1 and y.
            File.WriteAllBytes(file, OnnxFile.Write(new LinearClassifier([1, 0, -1, 1], [1, 0]), ["first", "second"], "1"));
            using var model = ServedModel.Load(file);
            var answer = model.Classify([2, 3, 5, 1]);

            Assert.Equal(["first", "second"], model.Labels);
            Assert.Equal([1, 0], answer.Labels);
            float[] expected = [1 / (1 + MathF.Exp(3)), 1 / (1 + MathF.Exp(-3)), 1 / (1 + MathF.Exp(-4)), 1 / (1 + MathF.Exp(4))];
            Assert.All(expected.Zip(answer.Probabilities), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Means(int species) =>
        Columns(feature => IrisData.Flowers.Where(flower => flower.Species == species).Average(flower => flower.Measurements[feature]), "F3");

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }

    private static string Columns(Func<int, double> value, string format) =>
        string.Join(' ', Enumerable.Range(0, 4).Select(feature => value(feature).ToString(format, CultureInfo.InvariantCulture)));
}
