using System.Collections.Immutable;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway.Tests.Billing;

/// <summary>How a statement that is larger than a part is sent.</summary>
public sealed class StatementAnswerTests
{
    private static readonly BillingMonth March = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task The_CSV_of_a_large_statement_has_all_lines_in_order_and_is_read_part_by_part()
    {
        var catalog = new LargeStatement(lines: 25_000);
        var statement = await MonthStatement.Find("default", March, March.End, catalog, null!, default);
        var answer = await StatementAnswer.Csv("default", statement, default);
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;

        await answer.ExecuteAsync(context);

        var lines = Encoding.UTF8.GetString(body.ToArray()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(25_001, lines.Length);
        Assert.StartsWith("BilledCost,", lines[0], StringComparison.Ordinal);
        Assert.All(lines.Skip(1).Index(), line => Assert.Contains($",k7m2qx9p4d-{line.Index + 1},", line.Item, StringComparison.Ordinal));
        Assert.InRange(catalog.LargestPart, 2, 10_001);
    }

    [Fact]
    public async Task A_page_of_a_closed_statement_is_read_alone()
    {
        var catalog = new LargeStatement(lines: 5);
        var statement = await MonthStatement.Find("default", March, March.End, catalog, null!, default);

        var (whole, lines, hasMore) = await statement.Read(2, 2, default);
        Assert.Equal(["0.3.0", "0.4.0"], lines.Select(line => line.Version));
        Assert.Equal((true, "0.05"), (hasMore, whole.TotalAmount));
        (_, lines, hasMore) = await statement.Read(4, 2, default);
        Assert.Equal("0.5.0", Assert.Single(lines).Version);
        Assert.False(hasMore);
    }

    /// <summary>A closed month of so many lines.</summary>
    private sealed class LargeStatement(int lines) : IBillingCatalog
    {
        public int LargestPart { get; private set; }

        public Task<StatementView?> FindStatement(string workspace, BillingMonth month, CancellationToken cancellationToken) => Task.FromResult<StatementView?>(new()
        {
            Month = month.ToString(),
            Closed = true,
            ClosedAt = month.End,
            ClosedBy = "test",
            AsOf = month.End,
            Currency = "USD",
            TotalMilliseconds = lines * 60_000L,
            TotalAmount = (lines * 0.01m).ToString("F2", System.Globalization.CultureInfo.InvariantCulture),
        });

        public Task<ImmutableArray<StatementLine>> ListStatementLines(
            string workspace, BillingMonth month, int skip, int take, CancellationToken cancellationToken)
        {
            LargestPart = Math.Max(LargestPart, take);
            return Task.FromResult(Enumerable.Range(1, lines).Skip(skip).Take(take).Select(Line).ToImmutableArray());
        }

        public Task StoreStatementLines(
            string workspace, BillingMonth month, Guid closing, int place, ImmutableArray<StatementLine> lines, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task RemoveOtherStatementLines(string workspace, BillingMonth month, Guid closing, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<T> Fold<T>(string workspace, UsageWindow window, Func<T> seed, Action<T, UsageSum> add, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<VersionUsage?> FindUsage(string workspace, VersionId id, DateTimeOffset now, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<DateTimeOffset?> FindFirstUsage(string workspace, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<ClosedMonth>> ListClosed(string workspace, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<string>> ListRated(CancellationToken cancellationToken) => throw new NotSupportedException();

        private static StatementLine Line(int ordinal) => new()
        {
            ModelId = "k7m2qx9p4d",
            ModelName = "A model",
            VersionId = $"k7m2qx9p4d-{ordinal}",
            Version = $"0.{ordinal}.0",
            Stage = Stage.Published,
            ActiveMilliseconds = 60_000,
            Amount = "0.01",
            Charges = [new StatementCharge { From = March.Start, To = March.End, PricePerMinute = "0.01", ActiveMilliseconds = 60_000 }],
        };
    }
}
