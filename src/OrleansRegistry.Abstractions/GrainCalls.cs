namespace OrleansRegistry;

/// <summary>How long answers of grains are waited for.</summary>
public static class GrainCalls
{
    /// <summary>
    /// How long a grain may take to answer what only reads (<see cref="Orleans.Concurrency.ReadOnlyAttribute"/>), as a <see cref="TimeSpan"/> in text: it
    /// answers from memory, and what takes longer was asked of a silo that is gone. Such a call may be repeated.
    /// </summary>
    public const string ReadTimeout = "00:00:02";
}
