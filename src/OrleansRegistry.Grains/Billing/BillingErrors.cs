namespace OrleansRegistry.Billing;

/// <summary>Refusals that the grains of billing share.</summary>
internal static class BillingErrors
{
    public static RegistryError Unavailable() => new(
        ErrorCode.Unavailable, "The registry can't store this now. The command may have taken effect: look before you repeat it.");
}
