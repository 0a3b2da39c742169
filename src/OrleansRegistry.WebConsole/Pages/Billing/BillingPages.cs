using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages.Billing;

/// <summary>The pages of bills.</summary>
internal static class BillingPages
{
    private const string Month = Links.Billing + "/{month}";

    /// <summary>Maps the routes.</summary>
    public static void MapBillingPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Billing, Present).RequirePermission(Permission.Read);
        pages.MapGet(Month, Show).RequirePermission(Permission.Read);
        pages.MapGet(Month + "/csv", Csv).RequirePermission(Permission.Read);
        pages.MapGet(Month + "/close", ShowClose).RequirePermission(Permission.Administer);
        pages.MapPost(Month + "/close", Close).RequirePermission(Permission.Administer);
    }

    private static Task<RazorComponentResult<BillingPage>> Present(HttpContext context, RequestCaller caller, RegistryApi api, TimeProvider clock) =>
        Show(context, caller, api, clock, BillingMonth.Of(clock.GetUtcNow()).ToString());

    private static async Task<RazorComponentResult<BillingPage>> Show(
        HttpContext context, RequestCaller caller, RegistryApi api, TimeProvider clock, string month)
    {
        var first = context.FirstPage();
        var statement = (await api.Read<StatementPage>(
            context, "get_statement", new { month }, context.Paging(QueryString.Create("page_size", "200")))).OrRefuse();
        var months = (await api.Read<Page<StatementSummary>>(context, "list_statements", null, QueryString.Create("page_size", "200"))).OrRefuse();
        return new RazorComponentResult<BillingPage>(new
        {
            User = ConsoleUser.Of(caller),
            View = BillingView.Of(statement, first is null, clock.GetUtcNow()),
            Months = (IReadOnlyList<BillingMonthItem>)[.. months.Items.Select(item =>
                new BillingMonthItem(item.Month, item.TotalAmount is null ? null : $"{item.TotalAmount} {item.Currency}"))],
            Rates = (await api.Read<RatesView>(context, "get_rates")).OrRefuse(),
            First = first,
            Next = context.NextPage(statement.NextPageToken),
            Receipt = Receipt.Take(context),
        });
    }

    private static Task Csv(HttpContext context, RegistryApi api, string month) =>
        api.Forward(context, "get_statement", new { month }, default, MediaTypeNames.Text.Csv);

    private static async Task<IResult> ShowClose(HttpContext context, RequestCaller caller, RegistryApi api, string month) =>
        await ClosePage(context, caller, api, month, null);

    private static async Task<IResult> ClosePage(HttpContext context, RequestCaller caller, RegistryApi api, string month, string? problem)
    {
        var view = new ConfirmView
        {
            Title = $"Close {month}",
            Action = Links.Month(month, "/close"),
            Back = Links.Month(month),
            Problem = problem,
        };
        var tried = await api.Send<StatementView>(
            context, HttpMethods.Post, "close_month", new { month }, QueryString.Create("dry_run", "true"), null);
        return new RazorComponentResult<BillingConfirmPage>(new
        {
            User = ConsoleUser.Of(caller),
            View = tried.Value is { } statement
                ? view with
                {
                    Effects =
                    [
                        $"The bill is {statement.TotalAmount} {statement.Currency}.",
                        "It never changes again: later rates count for later months only.",
                    ],
                    Button = $"Close {month} for ever",
                    IsDangerous = true,
                }
                : view with { Problem = problem ?? tried.Problem!.Detail },
        });
    }

    private static async Task<IResult> Close(HttpContext context, RequestCaller caller, RegistryApi api, string month)
    {
        var form = await context.ReadForm();
        var query = form.Text("comment") is { } comment ? QueryString.Create("comment", comment) : default;
        var done = await api.Send<StatementView>(context, HttpMethods.Post, "close_month", new { month }, query, null);
        if (done.Problem is { } refused)
        {
            context.Response.StatusCode = refused.Status;
            return await ClosePage(context, caller, api, month, refused.Detail);
        }

        new Receipt($"{month} is closed: {done.Value!.TotalAmount} {done.Value.Currency}.").Send(context.Response);
        return new SeeOther(Links.Month(month));
    }
}
