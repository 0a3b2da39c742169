using OrleansRegistry.SampleModelServer.Serving;

namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>The body of <c>POST /predict</c>.</summary>
/// <param name="Instances">A row of measurements for each flower.</param>
internal sealed record PredictRequest(float[]?[]? Instances);

/// <summary>The answer of <c>POST /predict</c>.</summary>
/// <param name="Predictions">A prediction for each flower.</param>
/// <param name="ModelFile">Which model predicted.</param>
internal sealed record PredictAnswer(IReadOnlyList<Prediction> Predictions, string ModelFile);

/// <summary>What the model says of one flower.</summary>
/// <param name="Label">The most probable species.</param>
/// <param name="Probabilities">The probability of every species, to four decimals.</param>
internal sealed record Prediction(string Label, IReadOnlyDictionary<string, float> Probabilities);

/// <summary>Predicts, in the plain form that most model servers have.</summary>
internal static class PredictEndpoint
{
    private const int Decimals = 4;

    /// <summary>Maps <c>POST /predict</c>.</summary>
    public static void MapPredict(this IEndpointRouteBuilder routes) => routes.MapPost("/predict", Predict).AddEndpointFilter<StartGate>();

    /// <summary>Names the species of each flower.</summary>
    public static async Task<PredictAnswer> Predict(HttpRequest request, ServedModel model)
    {
        var body = await SampleJson.Read<PredictRequest>(request);
        var classes = model.Classify(Measurements.FromRows(body.Instances, model.Features, "$.instances"));
        return new PredictAnswer([.. classes.Labels.Select((label, flower) => Describe(model, classes, label, flower))], model.FileName);
    }

    private static Prediction Describe(ServedModel model, Classification classes, long label, int flower)
    {
        var probabilities = classes.Probabilities.AsMemory(flower * model.Labels.Count, model.Labels.Count);
        return new Prediction(
            model.Labels[(int)label],
            model.Labels.Index().ToDictionary(name => name.Item, name => MathF.Round(probabilities.Span[name.Index], Decimals)));
    }
}
