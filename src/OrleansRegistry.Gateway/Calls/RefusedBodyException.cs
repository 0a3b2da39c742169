namespace OrleansRegistry.Gateway;

/// <summary>A caller's body turned out to be refused while it was sent on.</summary>
internal sealed class RefusedBodyException(RegistryError refusal) : IOException(refusal.Detail)
{
    /// <summary>The refusal that caused an exception, or null.</summary>
    public static RegistryError? CauseOf(Exception? exception) => exception.AndCauses().OfType<RefusedBodyException>().FirstOrDefault()?.Refusal;

    private RegistryError Refusal { get; } = refusal;
}
