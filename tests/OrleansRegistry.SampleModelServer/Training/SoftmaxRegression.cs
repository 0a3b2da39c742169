namespace OrleansRegistry.SampleModelServer.Training;

/// <summary>
/// Multinomial logistic regression by plain gradient descent on the whole data set: no randomness, and so the same numbers every time.
/// </summary>
internal static class SoftmaxRegression
{
    private const double LearningRate = 0.5;

    /// <summary>Whatever another machine's exponential function does in its last bits is gone after this many decimals.</summary>
    private const int Decimals = 4;

    private static readonly int Classes = IrisData.Species.Count;

    /// <summary>Trains a classifier.</summary>
    /// <param name="flowers">What to learn from.</param>
    /// <param name="features">Which measurements to look at; the weights of all others are 0.</param>
    /// <param name="steps">How many steps to descend.</param>
    public static LinearClassifier Train(IReadOnlyList<Flower> flowers, IReadOnlyList<int> features, int steps)
    {
        // Descent needs measurements of one scale, and a constant input whose weights are the biases.
        var scales = features.Select(feature => Scale.Of(flowers.Select(flower => flower.Measurements[feature]))).ToArray();
        var inputs = flowers.Select(flower => (double[])[.. features.Zip(scales, (feature, scale) => scale.Apply(flower.Measurements[feature])), 1]).ToArray();
        var weights = Zeros(features.Count + 1);
        for (var step = 0; step < steps; step++)
        {
            Descend(flowers, inputs, weights);
        }

        return Unscaled(features, scales, weights);
    }

    /// <summary>One step against the gradient of the mean cross-entropy.</summary>
    private static void Descend(IReadOnlyList<Flower> flowers, double[][] inputs, double[][] weights)
    {
        var slopes = Zeros(weights.Length);
        for (var i = 0; i < flowers.Count; i++)
        {
            var probabilities = Probabilities(inputs[i], weights);
            for (var c = 0; c < Classes; c++)
            {
                var error = (probabilities[c] - (flowers[i].Species == c ? 1 : 0)) / flowers.Count;
                for (var f = 0; f < weights.Length; f++)
                {
                    slopes[f][c] += error * inputs[i][f];
                }
            }
        }

        for (var f = 0; f < weights.Length; f++)
        {
            for (var c = 0; c < Classes; c++)
            {
                weights[f][c] -= LearningRate * slopes[f][c];
            }
        }
    }

    private static double[] Probabilities(double[] input, double[][] weights)
    {
        var scores = Enumerable.Range(0, Classes).Select(c => input.Zip(weights, (value, row) => value * row[c]).Sum()).ToArray();
        var highest = scores.Max();
        var powers = scores.Select(score => Math.Exp(score - highest)).ToArray();
        var sum = powers.Sum();
        return [.. powers.Select(power => power / sum)];
    }

    /// <summary>Folds the scales into weights and biases, so that the classifier takes measurements as they are.</summary>
    private static LinearClassifier Unscaled(IReadOnlyList<int> features, Scale[] scales, double[][] weights)
    {
        var unscaled = new float[IrisData.Features.Count * Classes];
        var biases = weights[^1];
        for (var f = 0; f < features.Count; f++)
        {
            for (var c = 0; c < Classes; c++)
            {
                var weight = weights[f][c] / scales[f].Deviation;
                unscaled[(features[f] * Classes) + c] = Rounded(weight);
                biases[c] -= weight * scales[f].Mean;
            }
        }

        return new LinearClassifier(unscaled, [.. biases.Select(Rounded)]);
    }

    private static double[][] Zeros(int rows) => [.. Enumerable.Range(0, rows).Select(_ => new double[Classes])];

    private static float Rounded(double value) => (float)Math.Round(value, Decimals);

    /// <summary>Where the values of a measurement lie.</summary>
    private sealed record Scale(double Mean, double Deviation)
    {
        public static Scale Of(IEnumerable<double> values)
        {
            double[] all = [.. values];
            var mean = all.Average();
            return new Scale(mean, Math.Sqrt(all.Average(value => (value - mean) * (value - mean))));
        }

        public double Apply(double value) => (value - Mean) / Deviation;
    }
}
