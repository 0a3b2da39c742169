namespace OrleansRegistry.SampleModelServer.Http;

/// <summary>Checks numbers that callers send, and lays them out as the model wants them: flower after flower.</summary>
internal static class Measurements
{
    /// <summary>Far beyond any flower, and far below what makes the model's sums overflow.</summary>
    private const float Limit = 1_000_000;

    /// <summary>Takes a row for each flower.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="features">How many numbers a row must have.</param>
    /// <param name="path">Where the rows stand in the body.</param>
    /// <exception cref="BadHttpRequestException">There are no rows, or one does not fit.</exception>
    public static float[] FromRows(float[]?[]? rows, int features, string path)
    {
        if (rows is null or [])
        {
            throw new BadHttpRequestException($"{path} must be an array of at least one row of {features} numbers.");
        }

        foreach (var (index, row) in rows.Index())
        {
            if (row?.Length != features)
            {
                throw new BadHttpRequestException($"{path}[{index}] must have {features} numbers; it has {row?.Length ?? 0}.");
            }
        }

        return Checked([.. rows.SelectMany(row => row!)], path);
    }

    /// <summary>Takes numbers that are laid out already.</summary>
    /// <param name="numbers">The numbers, flower after flower.</param>
    /// <param name="path">Where they stand in the body.</param>
    /// <exception cref="BadHttpRequestException">One is too large to calculate with.</exception>
    public static float[] Checked(float[] numbers, string path) =>
        numbers.All(number => float.Abs(number) <= Limit)
            ? numbers
            : throw new BadHttpRequestException($"{path} has a number beyond {Limit:N0}, in centimetres.");
}
