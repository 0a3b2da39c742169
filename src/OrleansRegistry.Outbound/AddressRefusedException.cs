namespace OrleansRegistry.Outbound;

/// <summary>A host's addresses are none that the registry connects to.</summary>
public sealed class AddressRefusedException : IOException
{
    /// <summary>Makes the exception.</summary>
    public AddressRefusedException()
        : this("The registry is not allowed to connect to the addresses of this host.")
    {
    }

    /// <summary>Makes the exception with a message.</summary>
    public AddressRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and a cause.</summary>
    public AddressRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Says whether an exception of an HTTP client was caused by a refused address.</summary>
    public static bool IsCauseOf(Exception? exception) => exception switch
    {
        null => false,
        AddressRefusedException => true,
        _ => IsCauseOf(exception.InnerException),
    };
}
