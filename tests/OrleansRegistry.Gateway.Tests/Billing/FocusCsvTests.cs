namespace OrleansRegistry.Gateway.Tests.Billing;

/// <summary>The CSV of a statement: the columns of FOCUS 1.2.</summary>
public sealed class FocusCsvTests
{
    private static readonly DateTimeOffset March = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_mandatory_column_of_FOCUS_1_2_is_there()
    {
        string[] mandatory =
        [
            "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
            "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity",
            "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
        ];

        var names = FocusCsv.Head.TrimEnd().Split(',');
        Assert.Empty(mandatory.Except(names));
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public void A_line_has_a_row_for_each_price_and_the_rows_add_up_to_its_amount_B1()
    {
        // 0.025 + 0.025: rounded each for itself that would be 0.02 + 0.02.
        var csv = string.Concat(Csv(Statement("A model", "0.05", Charge(1, 16, "0.025", 60_000), Charge(16, 32, "0.05", 30_000))));

        Assert.Equal(
            """
            BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,ListUnitPrice,PricingQuantity,PricingUnit,ProviderName,PublisherName,ResourceId,ResourceName,ResourceType,ServiceCategory,ServiceName,x_InstanceType,x_ModelId,x_Stage
            0.02,default,default,USD,2026-04-01T00:00:00Z,2026-03-01T00:00:00Z,Usage,,Active time of A model 1.0.0 on stage published,2026-03-16T00:00:00Z,2026-03-01T00:00:00Z,60,Seconds,0.025000000,0.025000000,OrleansRegistry,0.025000000,0.025,1.000000000,Minutes,OrleansRegistry,OrleansRegistry,k7m2qx9p4d-1,A model 1.0.0,Model version,AI and Machine Learning,Model serving,,k7m2qx9p4d,published
            0.03,default,default,USD,2026-04-01T00:00:00Z,2026-03-01T00:00:00Z,Usage,,Active time of A model 1.0.0 on stage published,2026-04-01T00:00:00Z,2026-03-16T00:00:00Z,30,Seconds,0.025000000,0.025000000,OrleansRegistry,0.025000000,0.05,0.500000000,Minutes,OrleansRegistry,OrleansRegistry,k7m2qx9p4d-1,A model 1.0.0,Model version,AI and Machine Learning,Model serving,,k7m2qx9p4d,published

            """.ReplaceLineEndings("\r\n"),
            csv);
    }

    [Theory]
    [InlineData("a,b", "\"a,b 1.0.0\"")]
    [InlineData("a \"b\"", "\"a \"\"b\"\" 1.0.0\"")]
    [InlineData("=1+1", "'=1+1 1.0.0")]
    [InlineData("@SUM(A1,B1)", "\"'@SUM(A1,B1) 1.0.0\"")]
    [InlineData("-1", "'-1 1.0.0")]
    [InlineData("日本", "日本 1.0.0")]
    public void A_name_is_quoted_and_never_a_formula(string name, string cell) =>
        Assert.Contains($",{cell},Model version,", string.Concat(Csv(Statement(name, "0.03", Charge(1, 32, "0.025", 60_000)))), StringComparison.Ordinal);

    private static StatementCharge Charge(int from, int to, string price, long milliseconds) => new()
    {
        From = March.AddDays(from - 1),
        To = March.AddDays(to - 1),
        PricePerMinute = price,
        ActiveMilliseconds = milliseconds,
    };

    private static IEnumerable<string> Csv((StatementView Statement, StatementLine Line) bill) =>
        FocusCsv.Of("default", bill.Statement, [bill.Line]).Prepend(FocusCsv.Head);

    private static (StatementView Statement, StatementLine Line) Statement(string name, string amount, params StatementCharge[] charges) => (
        new StatementView
        {
            Month = "2026-03",
            Closed = true,
            AsOf = March.AddMonths(1),
            Currency = "USD",
            TotalMilliseconds = charges.Sum(charge => charge.ActiveMilliseconds),
            TotalAmount = amount,
        },
        new StatementLine
        {
            ModelId = "k7m2qx9p4d",
            ModelName = name,
            VersionId = "k7m2qx9p4d-1",
            Version = "1.0.0",
            Stage = Stage.Published,
            ActiveMilliseconds = charges.Sum(charge => charge.ActiveMilliseconds),
            Amount = amount,
            Charges = [.. charges],
        });
}
