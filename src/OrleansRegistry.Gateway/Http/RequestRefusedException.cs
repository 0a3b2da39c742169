namespace OrleansRegistry.Gateway;

/// <summary>A request is refused in a place that can't answer it, such as the check of a key.</summary>
/// <param name="error">Why.</param>
internal sealed class RequestRefusedException(RegistryError error) : Exception(error.Detail)
{
    /// <summary>Why.</summary>
    public RegistryError Error => error;
}
