namespace OrleansRegistry;

/// <summary>
/// What was asked for can't be answered, now or later; <see cref="Error"/> says why. Thrown where an answer has no place for a
/// refusal.
/// </summary>
public sealed class RegistryRefusedException : Exception
{
    internal RegistryRefusedException(RegistryError error)
        : base(error.Detail) => Error = error;

    /// <summary>The refusal.</summary>
    public RegistryError Error { get; }
}
