namespace OrleansRegistry.SampleModelServer.Training;

/// <summary>A measured flower.</summary>
/// <param name="Measurements">Sepal length and width, petal length and width, in centimetres.</param>
/// <param name="Species">The index of its species in <see cref="IrisData.Species"/>.</param>
internal sealed record Flower(IReadOnlyList<double> Measurements, int Species);
