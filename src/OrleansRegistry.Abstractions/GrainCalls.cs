namespace OrleansRegistry;

/// <summary>How long answers of grains are waited for, and what it looks like when none comes.</summary>
internal static class GrainCalls
{
    /// <summary>
    /// How long a grain may take to answer what only reads (<see cref="Orleans.Concurrency.ReadOnlyAttribute"/>), as a
    /// <see cref="TimeSpan"/> in text: it answers from memory, and what takes longer was asked of a silo that is gone.
    /// Such a call may be repeated.
    /// </summary>
    public const string ReadTimeout = "00:00:02";

    /// <summary>How long a grain may take to answer what waits for a change, as <see cref="ReadTimeout"/>.</summary>
    public const string WaitTimeout = "00:00:04";

    /// <summary>
    /// Whether a call got no answer because its silo, or the connection to it, is lost: besides its own exceptions
    /// Orleans lets those of the connection through, a cancellation when it was closed and an <see cref="IOException"/>
    /// when it was reset. What became of the call is unknown.
    /// </summary>
    public static bool IsInterrupted(Exception exception) => exception is TimeoutException or OrleansException or OperationCanceledException or IOException;
}
