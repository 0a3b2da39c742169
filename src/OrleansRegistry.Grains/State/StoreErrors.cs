namespace OrleansRegistry.State;

/// <summary>Refusals that several grains share.</summary>
internal static class StoreErrors
{
    public static RegistryError Unavailable() => new(
        ErrorCode.Unavailable, "The registry can't store this now. The command may have taken effect: look before you repeat it.");
}
