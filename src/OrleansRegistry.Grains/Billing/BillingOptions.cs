namespace OrleansRegistry.Billing;

/// <summary>Settings of billing.</summary>
public sealed class BillingOptions
{
    /// <summary>The currency of rates that are put from now on, by its ISO 4217 code. Default USD.</summary>
    public string Currency { get; set; } = Billing.Currency.Default;

    /// <summary>How many hours after its end a month is closed by itself; 0 for never. At most 720, default 24.</summary>
    public int CloseAfterHours { get; set; } = 24;
}
