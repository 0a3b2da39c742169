namespace OrleansRegistry;

/// <summary>The database can't answer now. The same call may go through later.</summary>
[GenerateSerializer, Alias("OrleansRegistry.RegistryUnavailableException")]
public sealed class RegistryUnavailableException : Exception
{
    /// <summary>Makes the exception.</summary>
    public RegistryUnavailableException()
    {
    }

    /// <summary>Makes the exception with a message.</summary>
    public RegistryUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>
    /// Makes the exception with a message and its cause, which must be of a type that whoever catches it knows: what the database's driver
    /// throws doesn't travel between processes, and would keep this exception from arriving.
    /// </summary>
    public RegistryUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// The silo that was asked may have been replaced by another one, or which one to ask can't be found out now: nothing was done. Another try
/// reaches the silo that counts.
/// </summary>
[GenerateSerializer, Alias("OrleansRegistry.SiloReplacedException")]
internal sealed class SiloReplacedException : Exception
{
    /// <summary>Makes the exception.</summary>
    public SiloReplacedException()
    {
    }

    /// <summary>Makes the exception with a message.</summary>
    public SiloReplacedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and its cause.</summary>
    public SiloReplacedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A stored row is empty or can't be read. It is never taken for a new one; only its model is affected.</summary>
[GenerateSerializer, Alias("OrleansRegistry.StateCorruptException")]
internal sealed class StateCorruptException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StateCorruptException()
    {
    }

    /// <summary>Makes the exception with a message that names the row.</summary>
    public StateCorruptException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message that names the row, and what its reader threw.</summary>
    public StateCorruptException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
