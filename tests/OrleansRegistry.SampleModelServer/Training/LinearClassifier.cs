namespace OrleansRegistry.SampleModelServer.Training;

/// <summary>What training finds: a score for each species, whose softmax are the probabilities.</summary>
/// <param name="Weights">A row for each measurement, with a weight for each species; row after row.</param>
/// <param name="Biases">What is added to the score of each species.</param>
internal sealed record LinearClassifier(float[] Weights, float[] Biases);
