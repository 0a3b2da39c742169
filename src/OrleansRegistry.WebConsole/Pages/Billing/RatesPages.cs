using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole.Pages.Billing;

/// <summary>The form that puts all rates of a workspace. It says what would change before anything does.</summary>
internal static class RatesPages
{
    private const string Rates = "rates";
    private const string IfMatch = "if_match";

    /// <summary>Maps the routes.</summary>
    public static void MapRatesPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Links.Rates, Show).RequirePermission(Permission.Administer);
        pages.MapPost(Links.Rates, Look).RequirePermission(Permission.Administer);
        pages.MapPost(Links.Rates + "/put", Put).RequirePermission(Permission.Administer);
    }

    private static async Task<RazorComponentResult<RatesPage>> Show(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var rates = await api.Read<RatesView>(context, "get_rates");
        return Form(caller, FormView.Of((Rates, RateLines.Of(rates.OrRefuse().Rates)), (IfMatch, rates.ETag)));
    }

    private static async Task<IResult> Look(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var form = await context.ReadForm();
        var before = (await api.Read<RatesView>(context, "get_rates")).OrRefuse();
        var tried = await Send(context, api, form, isDryRun: true);
        if (tried.Problem is { } refused)
        {
            return await Refused(context, caller, api, form, refused);
        }

        var changes = RateLines.Changes(before, tried.Value!);
        var view = new ConfirmView
        {
            Title = "Put the rates",
            Effects = [.. changes, "They hold for every month that is not closed, past ones too."],
            Action = Links.Rates + "/put",
            Button = $"Put {Text.Count(tried.Value!.Rates.Length, "rate", "rates")}",
            Hidden = [(Rates, form.Text(Rates) ?? ""), (IfMatch, form[IfMatch].ToString())],
            Back = Links.Rates,
        };
        return new RazorComponentResult<BillingConfirmPage>(new
        {
            User = ConsoleUser.Of(caller),
            View = changes.Count > 0 ? view : view with { Effects = [], Button = null, Problem = "These are the rates that are there already." },
        });
    }

    private static async Task<IResult> Put(HttpContext context, RequestCaller caller, RegistryApi api)
    {
        var form = await context.ReadForm();
        var done = await Send(context, api, form, isDryRun: false);
        if (done.Problem is { } refused)
        {
            return await Refused(context, caller, api, form, refused);
        }

        new Receipt($"{Text.Count(done.Value!.Rates.Length, "rate is", "rates are")} put.").Send(context.Response);
        return new SeeOther(Links.Billing);
    }

    private static Task<ApiAnswer<RatesView>> Send(HttpContext context, RegistryApi api, IFormCollection form, bool isDryRun) => api.Send<RatesView>(
        context,
        HttpMethods.Put,
        "put_rates",
        null,
        isDryRun ? QueryString.Create("dry_run", "true") : default,
        new JsonObject { [Rates] = RateLines.Parse(form.Lines(Rates) ?? []) }.With("comment", form.Text("comment")),
        form[IfMatch].ToString() is { Length: > 0 } tag ? tag : null);

    /// <summary>The form again. What somebody else has put meanwhile can be put aside only once this has been said.</summary>
    private static async Task<IResult> Refused(HttpContext context, RequestCaller caller, RegistryApi api, IFormCollection form, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        var tag = problem.Code == ErrorCode.RevisionMismatch ? (await api.Read<RatesView>(context, "get_rates")).ETag : form[IfMatch].ToString();
        var shown = problem.Code == ErrorCode.RevisionMismatch
            ? problem with { Detail = "Somebody has put rates meanwhile, and nothing was done. These are yours; look again at what they change." }
            : problem with { Errors = RateLines.Errors(problem.Errors) };
        return Form(caller, FormView.Refused(form, shown).With(IfMatch, tag ?? ""));
    }

    private static RazorComponentResult<RatesPage> Form(RequestCaller caller, FormView form) =>
        new(new { User = ConsoleUser.Of(caller), Form = form });
}
