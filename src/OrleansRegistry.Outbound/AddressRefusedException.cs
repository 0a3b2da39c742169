namespace OrleansRegistry.Outbound;

/// <summary>A host's addresses, or the port, are none that the registry connects to.</summary>
public sealed class AddressRefusedException()
    : IOException("The registry is not allowed to connect to the addresses of this host, or to this port.")
{
    /// <summary>Says whether an exception of an HTTP client was caused by a refused address.</summary>
    public static bool IsCauseOf(Exception? exception) => exception switch
    {
        null => false,
        AddressRefusedException => true,
        _ => IsCauseOf(exception.InnerException),
    };
}
