namespace OrleansRegistry.SampleModelServer.Serving;

/// <summary>What the model says of a batch of flowers.</summary>
/// <param name="Labels">The index of each flower's label.</param>
/// <param name="Probabilities">The probability of every label for each flower, flower after flower.</param>
internal sealed record Classification(long[] Labels, float[] Probabilities);
