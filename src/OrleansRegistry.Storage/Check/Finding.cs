namespace OrleansRegistry.Storage.Check;

/// <summary>Something that is not as it must be.</summary>
/// <param name="Subject">Its subject: a model, a version, or a row by its key.</param>
/// <param name="Problem">The problem, in one sentence.</param>
public sealed record Finding(string Subject, string Problem)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Subject}: {Problem}";
}
