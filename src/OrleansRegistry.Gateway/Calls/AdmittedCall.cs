namespace OrleansRegistry.Gateway;

/// <summary>A call that was let through to a version, from then on until its answer is sent.</summary>
/// <param name="caller">Who calls.</param>
/// <param name="version">The version.</param>
/// <param name="counter">Where it is counted, or null for a call that only asks about the model.</param>
/// <param name="began">When it was let through.</param>
internal sealed class AdmittedCall(RequestCaller caller, VersionId version, VersionCounter? counter, long began) : IDisposable
{
    private readonly CancellationTokenSource _end = new();

    /// <summary>Who calls.</summary>
    public RequestCaller Caller => caller;

    /// <summary>The version.</summary>
    public VersionId Version => version;

    /// <summary>Where it is counted.</summary>
    public VersionCounter? Counter => counter;

    /// <summary>When it was let through.</summary>
    public long Began => began;

    /// <summary>Is cancelled when the call may not go on.</summary>
    public CancellationToken Ended => _end.Token;

    /// <summary>Why it may not go on; null for one that may.</summary>
    public RegistryError? Why { get; private set; }

    /// <summary>Ends the call before it has ended by itself.</summary>
    public void End(RegistryError why)
    {
        Why ??= why;
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself just now.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();
}
