using System.ComponentModel.DataAnnotations;

namespace OrleansRegistry.Billing;

/// <summary>Rates and statements. Properties are settings.</summary>
public sealed class BillingOptions
{
    /// <summary>The currency of rates that are put from now on, by its ISO 4217 code.</summary>
    public string Currency { get; set; } = Billing.Currency.Default;

    /// <summary>
    /// The time after the end of a month when it is closed by itself, in workspaces that have rates. 0 is never.
    /// </summary>
    [Range(0, 720)]
    public int CloseAfterHours { get; set; } = 24;
}
