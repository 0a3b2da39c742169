namespace OrleansRegistry;

/// <summary>
/// A refusal, thrown where an answer has no place for one. <see cref="Error"/> has the reason. Repeating the request
/// does not help.
/// </summary>
public sealed class RegistryRefusedException : Exception
{
    internal RegistryRefusedException(RegistryError error)
        : base(error.Detail) => Error = error;

    /// <summary>The refusal.</summary>
    public RegistryError Error { get; }
}
