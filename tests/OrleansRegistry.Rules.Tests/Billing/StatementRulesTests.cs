using System.Collections.Immutable;

namespace OrleansRegistry.Billing;

/// <summary>How a statement comes from sums and rates (rules B1 and B5).</summary>
public sealed class StatementRulesTests
{
    private static readonly BillingMonth March = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void B1_a_line_is_rounded_once_and_the_total_adds_up_the_lines()
    {
        // Two parts of 0.5 cents each: rounded each for itself they would be nothing.
        var statement = Compute(
            [Rate("a", "0.005"), Rate("b", "0.01", day: 16)],
            Sum("a", 1, part: 0, 60_000), Sum("a", 1, part: 1, 60_000), Sum("a", 2, part: 1, 60_000), Sum("b", 3, part: 1, 90_000));

        Assert.Equal(["0.01", "0.00", "0.02"], statement.Lines.Select(line => line.Amount));
        Assert.Equal(("0.03", 270_000), (statement.TotalAmount, statement.TotalMilliseconds));
    }

    [Fact]
    public void B1_a_rate_of_another_type_does_not_split_a_charge()
    {
        var statement = Compute([Rate("a", "1"), Rate("b", "2", day: 16)], Sum("a", 1, part: 0, 5), Sum("a", 1, part: 1, 7));

        var charge = Assert.Single(Assert.Single(statement.Lines).Charges);
        Assert.Equal((March.Start, March.End, "1", 12), (charge.From, charge.To, charge.PricePerMinute, charge.ActiveMilliseconds));
    }

    [Fact]
    public void B5_what_has_no_rate_is_named_once_and_has_no_amount()
    {
        var builder = Add([Rate("a", "1", day: 16)], Sum("a", 1, part: 0, 5), Sum("a", 2, part: 1, 5), Sum(null, 3, part: 1, 5), Sum(null, 4, part: 1, 5));
        var (statement, lines, _) = builder.Build();

        Assert.Equal([null, "0.00", null, null], lines.Select(line => line.Amount));
        Assert.Null(statement.TotalAmount);
        var error = builder.Unrated()!;
        Assert.Equal(ErrorCode.Unrated, error.Code);
        Assert.Contains("a on stage published, (no instance type) on stage published;", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void B5_a_month_can_be_closed_from_one_hour_after_its_end()
    {
        Assert.Null(StatementRules.TooEarly(March, March.End.AddHours(1)));
        var error = StatementRules.TooEarly(March, March.End.AddHours(1).AddTicks(-1))!;
        Assert.Equal(ErrorCode.MonthOpen, error.Code);
        Assert.Contains("2026-04-01T01:00:00Z", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_month_without_active_time_costs_nothing()
    {
        var builder = Add([]);
        var (statement, lines, hasMore) = builder.Build();
        Assert.Equal(("0.00", 0, March.End), (statement.TotalAmount, statement.TotalMilliseconds, statement.AsOf));
        Assert.Null(builder.Unrated());
        Assert.Empty(lines);
        Assert.False(hasMore);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(6)]
    public void B1_pages_hold_each_line_once_and_all_of_them_the_whole_total(int size)
    {
        // Versions with lines of both stages, whose sums come in parts.
        Rate[] rates = [Rate("a", "0.005"), Rate("a", "0.01", day: 16), Rate("a", "0.02") with { Stage = Stage.Draft }];
        UsageSum[] sums =
        [
            .. Enumerable.Range(1, 3).SelectMany(ordinal => (UsageSum[])
            [
                Sum("a", ordinal, part: 0, 30_000), Sum("a", ordinal, part: 0, 30_000) with { Stage = Stage.Draft }, Sum("a", ordinal, part: 1, 60_000),
                Sum("a", ordinal, part: 0, 30_000),
            ]),
        ];
        var whole = Compute(rates, sums);
        Assert.Equal(6, whole.Lines.Length);

        List<StatementLine> found = [];
        for (var (skip, isLast) = (0, false); !isLast; skip += size)
        {
            var (statement, lines, hasMore) = Add(rates, skip, size, sums).Build();
            Assert.Equal((whole.TotalAmount, whole.TotalMilliseconds), (statement.TotalAmount, statement.TotalMilliseconds));
            found.AddRange(lines);
            isLast = !hasMore;
        }

        Assert.Equivalent(whole.Lines, found, strict: true);
        Assert.Equal(["0.01", "0.02"], whole.Lines.Take(2).Select(line => line.Amount).Order());
    }

    private static (ImmutableArray<StatementLine> Lines, string? TotalAmount, long TotalMilliseconds) Compute(Rate[] rates, params UsageSum[] sums)
    {
        var (statement, lines, _) = Add(rates, sums).Build();
        return (lines, statement.TotalAmount, statement.TotalMilliseconds);
    }

    private static StatementBuilder Add(Rate[] rates, params UsageSum[] sums) => Add(rates, 0, int.MaxValue, sums);

    private static StatementBuilder Add(Rate[] rates, int skip, int take, UsageSum[] sums)
    {
        var table = new RateTable(rates);
        var builder = new StatementBuilder(March, StatementRules.Window(March, table, March.End.AddDays(9)), table, "USD", skip, take);
        Array.ForEach(sums, builder.Add);
        return builder;
    }

    private static Rate Rate(string? type, string price, int day = 1) =>
        new() { InstanceType = type, Stage = Stage.Published, PricePerMinute = price, EffectiveFrom = March.Start.AddDays(day - 1) };

    private static UsageSum Sum(string? type, int ordinal, int part, long milliseconds) => new()
    {
        Id = new VersionId("k7m2qx9p4d", ordinal),
        ModelName = "A model",
        Version = $"0.{ordinal}.0",
        Stage = Stage.Published,
        InstanceType = type,
        Part = part,
        Milliseconds = milliseconds,
    };
}
