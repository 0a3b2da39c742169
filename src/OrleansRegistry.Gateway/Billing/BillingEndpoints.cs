using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Billing;

namespace OrleansRegistry.Gateway;

/// <summary>A month in the list of statements.</summary>
/// <param name="Month">The month, <c>2026-03</c>.</param>
/// <param name="Closed">Whether it is closed, and will never change.</param>
/// <param name="ClosedAt">When it was closed, or null.</param>
/// <param name="Currency">The currency of a closed month, or null.</param>
/// <param name="TotalAmount">The total of a closed month, or null.</param>
internal sealed record StatementSummary(string Month, bool Closed, DateTimeOffset? ClosedAt, string? Currency, string? TotalAmount);

/// <summary>Billing: active time, statements and rates.</summary>
internal static class BillingEndpoints
{
    private const int MaxDays = 366;
    private const string Month = "billing/statements/{month}";

    private static readonly RequestParameter From =
        new("from", "The beginning of the window, a date or an RFC 3339 time; the beginning of the present month, in UTC, by default.") { Problem = Instants.ProblemOf };

    private static readonly RequestParameter To =
        new("to", "The end of the window, exclusive: a date or an RFC 3339 time; now by default.") { Problem = Instants.ProblemOf };

    private static readonly RequestParameter GroupBy = RequestParameter.OneOf(
        "group_by",
        $"Groups the time; `model` by default. Days are days in UTC, at most {MaxDays}.",
        UsageReport.ByModel,
        UsageReport.ByVersion,
        UsageReport.ByInstanceType,
        UsageReport.ByDay);

    /// <summary>Maps the routes.</summary>
    public static void MapBilling(this IEndpointRouteBuilder routes)
    {
        var billing = routes.MapGroup("").WithTags("Billing").DescribePath(PathParameter.Version, new PathParameter("month", "The month in UTC, `2026-03`."));
        billing.MapGet(Routes.OfVersion("/usage"), GetVersionUsage)
            .WithName("get_version_usage")
            .RequirePermission(Permission.Read)
            .AcceptsParameters()
            .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.StateCorrupt);
        billing.MapGet("billing/usage", GetUsage)
            .WithName("get_usage")
            .Compresses()
            .RequirePermission(Permission.Read)
            .AcceptsParameters(From, To, GroupBy, CommonParameters.PageSize, CommonParameters.PageToken)
            .ProducesErrors(ErrorCode.StateCorrupt);
        billing.MapGet("billing/statements", ListStatements)
            .WithName("list_statements")
            .Compresses()
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.PageSize, CommonParameters.PageToken)
            .ProducesErrors(ErrorCode.StateCorrupt);
        billing.MapGet(Month, GetStatement)
            .WithName("get_statement")
            .Compresses()
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.PageSize, CommonParameters.PageToken)
            .ProducesErrors(ErrorCode.Unrated, ErrorCode.StateCorrupt);
        billing.MapPost(Month + "/close", CloseMonth)
            .WithName("close_month")
            .RequirePermission(Permission.Administer)
            .AcceptsParameters(CommonParameters.Comment, CommonParameters.DryRun)
            .ProducesErrors(ErrorCode.MonthOpen, ErrorCode.Unrated, ErrorCode.StateCorrupt);
        billing.MapGet("billing/rates", GetRates)
            .WithName("get_rates")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.StateCorrupt);
        billing.MapCommand(HttpMethods.Put, "billing/rates", PutRates)
            .WithName("put_rates")
            .RequirePermission(Permission.Administer)
            .ProducesErrors(ErrorCode.RevisionMismatch, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.StateCorrupt);
    }

    /// <summary>The active time of a version so far, by stage; a deleted one counts what it used.</summary>
    public static async Task<Answer<VersionUsage>> GetVersionUsage(
        VersionId id, RequestCaller caller, IBillingCatalog catalog, TimeProvider clock, CancellationToken cancellationToken) =>
        await catalog.FindUsage(caller.Workspace, id, clock.GetInstant(), cancellationToken) is { } usage
            ? usage
            : VersionResolver.NotFound(id.ToString());

    /// <summary>The active time of the workspace within a window, up to now, and what it costs.</summary>
    /// <remarks>
    /// Deleted versions and models count what they used. Amounts are not rounded to money; statements are. All pages tell of the instant at which the first
    /// one was asked for.
    /// </remarks>
    public static async Task<Answer<UsageAnswer>> GetUsage(
        RequestCaller caller,
        HttpRequest request,
        IBillingCatalog catalog,
        IGrainFactory grains,
        PageTokens pageTokens,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var tokens = pageTokens.For(
            caller.Workspace,
            ["usage", From.ValueIn(request), To.ValueIn(request), GroupBy.ValueIn(request)]);
        var (now, skip) = (clock.GetInstant(), 0);
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 2, out var cursor))
            {
                return PageToken.Refusal();
            }

            now = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(cursor[0], CultureInfo.InvariantCulture));
            skip = int.Parse(cursor[1], CultureInfo.InvariantCulture);
        }

        var from = Instants.In(From, request) ?? BillingMonth.Of(now).Start;
        var to = Instants.In(To, request) ?? now;
        var groupBy = GroupBy.ValueIn(request) ?? UsageReport.ByModel;
        if (to < from)
        {
            return RegistryError.Invalid(To.Name, "must not be before from");
        }

        if (groupBy == UsageReport.ByDay && to - from > TimeSpan.FromDays(MaxDays))
        {
            return RegistryError.Invalid(To.Name, $"must be at most {MaxDays} days after from with group_by=day");
        }

        var rates = await grains.GetGrain<IRatesGrain>(GrainKeys.Rates(caller.Workspace)).Get();
        var table = new RateTable(rates.Rates);
        // What comes later than the first page was asked for is on none of them.
        var window = UsageReport.Window(from, to <= now ? to : now < from ? from : now, now, groupBy, table);
        var size = CommonParameters.PageSizeOf(request);
        var report = await catalog.Fold(
            caller.Workspace, window, () => new UsageReport(window, groupBy, table, skip, size), (report, sum) => report.Add(sum), cancellationToken);
        return report.ToAnswer(to, rates.Currency, report.HasMore ? tokens.Encode(Text(now.ToUnixTimeMilliseconds()), Text(skip + size)) : null);
    }

    /// <summary>Lists months, newest first: from the first active time to the present one.</summary>
    public static async Task<Answer<Page<StatementSummary>>> ListStatements(
        RequestCaller caller, HttpRequest request, IBillingCatalog catalog, PageTokens pageTokens, TimeProvider clock, CancellationToken cancellationToken)
    {
        var tokens = pageTokens.For(caller.Workspace, ["statements"]);
        BillingMonth? before = null;
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 1, out var cursor) || !BillingMonth.TryParse(cursor[0], out var last))
            {
                return PageToken.Refusal();
            }

            before = last;
        }

        var closed = await catalog.ListClosed(caller.Workspace, cancellationToken);
        var open = Months(await catalog.FindFirstUsage(caller.Workspace, cancellationToken), clock.GetUtcNow());
        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            closed.Select(month => new StatementSummary(month.Month.ToString(), true, month.ClosedAt, month.Currency, month.TotalAmount))
                .UnionBy(open.Select(month => new StatementSummary(month.ToString(), false, null, null, null)), month => month.Month)
                .OrderByDescending(month => month.Month, StringComparer.Ordinal)
                .Where(month => before is null || string.CompareOrdinal(month.Month, before.ToString()) < 0)
                .Take(size + 1)
                .ToImmutableArray(),
            size,
            last => tokens.Encode(last.Month));
    }

    /// <summary>Reads the statement of a month, as it was closed or as it stands now.</summary>
    /// <remarks>
    /// Lines come in pages, which all tell of the instant at which the first one was asked for. With <c>Accept: text/csv</c> the whole statement comes
    /// in the columns of FOCUS 1.2.
    /// </remarks>
    public static async Task<StatementAnswer> GetStatement(
        string month,
        RequestCaller caller,
        HttpRequest request,
        IBillingCatalog catalog,
        IGrainFactory grains,
        PageTokens pageTokens,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (!BillingMonth.TryParse(month, out var named))
        {
            return StatementAnswer.Refusal(NoMonth());
        }

        if (StatementAnswer.IsCsv(request))
        {
            var whole = await MonthStatement.Find(caller.Workspace, named, clock.GetInstant(), catalog, grains, cancellationToken);
            return await StatementAnswer.Csv(caller.Workspace, whole, cancellationToken);
        }

        // Pages of the month as it stands end when it is closed: what comes then is another statement.
        var tokens = pageTokens.For(caller.Workspace, ["statement", month]);
        var (now, skip) = (clock.GetInstant(), 0);
        string[]? cursor = null;
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 3, out cursor))
            {
                return StatementAnswer.Refusal(PageToken.Refusal());
            }

            now = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(cursor[0], CultureInfo.InvariantCulture));
            skip = int.Parse(cursor[1], CultureInfo.InvariantCulture);
        }

        var statement = await MonthStatement.Find(caller.Workspace, named, now, catalog, grains, cancellationToken);
        var kind = statement.IsClosed ? "closed" : "open";
        if (cursor is not null && cursor[2] != kind)
        {
            return StatementAnswer.Refusal(PageToken.Refusal());
        }

        var size = CommonParameters.PageSizeOf(request);
        var (found, lines, hasMore) = await statement.Read(skip, size, cancellationToken);
        return StatementAnswer.Of(
            StatementPage.Of(found, lines, hasMore ? tokens.Encode(Text(now.ToUnixTimeMilliseconds()), Text(skip + size), kind) : null));
    }

    /// <summary>Closes a month, from an hour after its end on: its statement never changes again. Closing it again answers the same.</summary>
    public static async Task<Answer<StatementView>> CloseMonth(CommandReceipt receipt, string month, RequestCaller caller, IGrainFactory grains)
    {
        if (!BillingMonth.TryParse(month, out var named))
        {
            return NoMonth();
        }

        var outcome = await grains.GetGrain<IBillingGrain>(GrainKeys.Billing(caller.Workspace, named))
            .Close(new CloseMonthCommand { Context = receipt.By(caller) });
        return outcome.TryGet(out var statement, out var error) ? Answer<StatementView>.Of(statement, isDryRun: receipt.IsDryRun) : error;
    }

    /// <summary>Reads the rates.</summary>
    public static async Task<Answer<RatesView>> GetRates(RequestCaller caller, IGrainFactory grains) =>
        Rates(await grains.GetGrain<IRatesGrain>(GrainKeys.Rates(caller.Workspace)).Get());

    /// <summary>Puts all rates, in place of those that were there.</summary>
    /// <remarks>Months that are closed stay as they are; all others are rated anew. A rate that begins to hold while something runs splits its time.</remarks>
    public static async Task<Answer<RatesView>> PutRates(
        CommandReceipt receipt, RequestBody<PutRatesRequest> body, RequestCaller caller, IGrainFactory grains)
    {
        var outcome = await grains.GetGrain<IRatesGrain>(GrainKeys.Rates(caller.Workspace)).Put(body.Value.ToCommand(receipt.By(caller, body.Value)));
        return outcome.TryGet(out var rates, out var error) ? Rates(rates, receipt.IsDryRun) : error;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static Answer<RatesView> Rates(RatesView rates, bool isDryRun = false) =>
        Answer<RatesView>.Of(rates, EntityTag.OfRevision(rates.Revision), isDryRun);

    private static IEnumerable<BillingMonth> Months(DateTimeOffset? first, DateTimeOffset now)
    {
        for (var month = BillingMonth.Of(first ?? DateTimeOffset.MaxValue); month.Start <= now; month = new BillingMonth(month.End))
        {
            yield return month;
        }
    }

    private static RegistryError NoMonth() => RegistryError.Invalid("month", "must be a month such as 2026-03, from 1970 on");
}
