using System.Globalization;
using System.Numerics;
using CsCheck;

namespace OrleansRegistry.Billing;

/// <summary>Exact money, rounded once, half to even (rule B1); currencies and months.</summary>
public sealed class MoneyTests
{
    [Theory]
    [InlineData("0.5", 60_000, 2, "0.50")]
    [InlineData("0.025", 60_000, 2, "0.02")]
    [InlineData("0.035", 60_000, 2, "0.04")]
    [InlineData("0.045", 60_000, 2, "0.04")]
    [InlineData("0.025", 60_001, 2, "0.03")]
    [InlineData("0.025", 59_999, 2, "0.02")]
    [InlineData("0.5", 60_000, 0, "0")]
    [InlineData("1.5", 60_000, 0, "2")]
    [InlineData("2.5", 60_000, 0, "2")]
    [InlineData("0.995", 60_000, 2, "1.00")]
    [InlineData("1", 1, 9, "0.000016667")]
    [InlineData("0", 60_000, 2, "0.00")]
    [InlineData("0.0015", 60_000, 3, "0.002")]
    [InlineData("999999999.999999999", 2_678_400_000, 2, "44640000000000.00")]
    public void B1_an_amount_is_rounded_half_to_even(string price, long milliseconds, int digits, string amount) =>
        Assert.Equal(amount, Money.Of(price, milliseconds).Round(digits));

    [Fact]
    public void B1_any_sum_is_exact_until_it_is_rounded() =>
        Gen.Select(Gen.Long[0, 999_999_999_999_999_999], Gen.Long[0, 3_000_000_000], Gen.Int[0, 9]).Array[1, 20].Sample(charges =>
        {
            var digits = charges[0].Item3;
            var sum = charges.Aggregate(new Money(), (sum, charge) => sum + Money.Of(Price(charge.Item1), charge.Item2));
            var exact = charges.Aggregate(BigInteger.Zero, (total, charge) => total + ((BigInteger)charge.Item1 * charge.Item2));
            var unit = BigInteger.Pow(10, 9 - digits) * 60_000;
            var rounded = BigInteger.DivRem(exact, unit, out var rest);
            rounded += (rest * 2).CompareTo(unit) switch { > 0 => 1, < 0 => 0, _ => rounded.IsEven ? 0 : 1 };

            Assert.Equal(rounded, BigInteger.Parse(sum.Round(digits).Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture));
        });

    [Theory]
    [InlineData("0", true)]
    [InlineData("0.000000001", true)]
    [InlineData("999999999.999999999", true)]
    [InlineData("", false)]
    [InlineData("-1", false)]
    [InlineData("+1", false)]
    [InlineData("1,5", false)]
    [InlineData("1.", false)]
    [InlineData(".5", false)]
    [InlineData("00", false)]
    [InlineData("1e2", false)]
    [InlineData(" 1", false)]
    [InlineData("1\n", false)]
    [InlineData("١", false)]
    [InlineData("1000000000", false)]
    [InlineData("0.0000000001", false)]
    public void A_price_is_a_plain_decimal_number(string text, bool isPrice) => Assert.Equal(isPrice, Money.IsPrice(text));

    [Theory]
    [InlineData("USD", 2)]
    [InlineData("JPY", 0)]
    [InlineData("KWD", 3)]
    [InlineData("CLF", 4)]
    public void A_currency_has_as_many_decimals_as_can_be_paid(string code, int digits)
    {
        Assert.True(Currency.IsKnown(code));
        Assert.Equal(digits, Currency.DigitsOf(code));
    }

    [Theory]
    [InlineData("usd")]
    [InlineData("XXX")]
    [InlineData("")]
    public void What_is_no_currency_is_not_known(string code) => Assert.False(Currency.IsKnown(code));

    [Theory]
    [InlineData("2024-02-29T23:59:59.999Z", "2024-02", "2024-03-01T00:00:00Z")]
    [InlineData("2026-01-01T00:30:00+01:00", "2025-12", "2026-01-01T00:00:00Z")]
    public void A_month_is_one_of_UTC(string instant, string month, string end)
    {
        var of = BillingMonth.Of(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture));

        Assert.Equal((month, DateTimeOffset.Parse(end, CultureInfo.InvariantCulture)), (of.ToString(), of.End));
        Assert.True(BillingMonth.TryParse(month, out var parsed));
        Assert.Equal(of, parsed);
    }

    [Fact]
    public void B1_a_rate_holds_from_its_instant_until_the_next_one_of_its_type_and_stage()
    {
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        Rate[] rates =
        [
            new() { InstanceType = "a", Stage = Stage.Draft, PricePerMinute = "2", EffectiveFrom = noon.AddHours(1) },
            new() { InstanceType = "a", Stage = Stage.Draft, PricePerMinute = "1", EffectiveFrom = noon },
            new() { Stage = Stage.Draft, PricePerMinute = "3", EffectiveFrom = noon.AddHours(2) },
        ];
        var table = new RateTable(rates);

        Assert.Null(table.Find(Stage.Draft, "a", noon.AddMilliseconds(-1)));
        Assert.Equal("1", table.Find(Stage.Draft, "a", noon)?.PricePerMinute);
        Assert.Equal("1", table.Find(Stage.Draft, "a", noon.AddHours(1).AddMilliseconds(-1))?.PricePerMinute);
        Assert.Equal("2", table.Find(Stage.Draft, "a", noon.AddHours(9))?.PricePerMinute);
        Assert.Equal("3", table.Find(Stage.Draft, null, noon.AddHours(2))?.PricePerMinute);
        Assert.Null(table.Find(Stage.Published, "a", noon.AddHours(9)));
        Assert.Null(table.Find(Stage.Draft, "b", noon.AddHours(9)));
        Assert.Equal([noon.AddHours(1), noon.AddHours(2)], table.Changes(noon, noon.AddHours(3)));
        Assert.Empty(table.Changes(noon.AddHours(2), noon.AddHours(3)));
    }

    private static string Price(long billionths) =>
        string.Create(CultureInfo.InvariantCulture, $"{billionths / 1_000_000_000}.{billionths % 1_000_000_000:D9}");
}
