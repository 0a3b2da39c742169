using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Training;

/// <summary>How many flowers a model names right, of all that there are.</summary>
internal sealed record Accuracy(int Right, int All)
{
    /// <summary>Asks the model in a file about every flower of the data set, the one that it was trained on.</summary>
    public static Accuracy Of(string file)
    {
        using var model = ServedModel.Load(file);
        var answers = model.Classify([.. IrisData.Flowers.SelectMany(flower => flower.Measurements).Select(value => (float)value)]).Labels;
        return new Accuracy(IrisData.Flowers.Zip(answers).Count(pair => pair.First.Species == pair.Second), IrisData.Flowers.Count);
    }

    public override string ToString() => $"{Right} of {All}";
}
