namespace OrleansRegistry;

/// <summary>What was asked for can't be answered, now or later; <see cref="Error"/> says why. Thrown where an answer has no place for a refusal.</summary>
public sealed class RegistryRefusedException : Exception
{
    /// <summary>Makes the exception.</summary>
    public RegistryRefusedException()
        : this("The registry refused.")
    {
    }

    /// <summary>Makes the exception with a message.</summary>
    public RegistryRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and its cause.</summary>
    public RegistryRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal RegistryRefusedException(RegistryError error)
        : base(error.Detail) => Error = error;

    /// <summary>The refusal, or null when there is only a message.</summary>
    public RegistryError? Error { get; }
}
