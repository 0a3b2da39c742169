using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages;

namespace OrleansRegistry.WebConsole;

/// <summary>Problems as pages. Who is not signed in is led to the sign-in, and from there back.</summary>
internal sealed class ConsoleProblems : ProblemPage
{
    public static readonly ConsoleProblems Instance = new();

    public override Task Write(HttpContext context, Problem problem)
    {
        ConsoleHeaders.Apply(context.Response);
        context.Response.Headers.WWWAuthenticate = default;
        if (problem.Code == ErrorCode.Unauthenticated)
        {
            if (SameOrigin.Problem(context.Request) is { } foreign)
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Page(context, problem with { Title = "Request from another site", Detail = foreign, Code = ErrorCode.Forbidden });
            }

            var request = context.Request;
            // A form that was sent when the session was over is lost; the page that it stood on is not.
            var back = request.Path.ToUriComponent() + (HttpMethods.IsGet(request.Method) ? request.QueryString.Value : null);
            var isRenewable = IsRenewable(context);
            if (!isRenewable)
            {
                SessionCookie.Remove(context.Response);
            }

            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            // Who opens a page is led to the issuer. A script or a form can't follow to another host.
            var isLed = isRenewable && request.IsRead() && SameOrigin.IsPerson(request);
            context.Response.Headers.Location =
                $"{(isLed ? Links.Issuer : Links.SignIn)}{QueryString.Create("return", Links.Local(back))}";
            return Task.CompletedTask;
        }

        return Page(context, problem);
    }

    /// <summary>Whether the token's time is over that somebody has signed in with: the issuer knows them still, or asks them.</summary>
    private static bool IsRenewable(HttpContext context) =>
        context.RequestServices.GetService<IssuerSignIn>() is not null
        && SessionCookie.In(context.Request) is { } token
        && context.RequestServices.GetRequiredService<ConsoleSessions>().IsRenewable(token);

    private static Task Page(HttpContext context, Problem problem) => new RazorComponentResult<ProblemView>(new Dictionary<string, object?>
    {
        [nameof(ProblemView.Title)] = problem.Title,
        [nameof(ProblemView.Detail)] = problem.Summary(),
        [nameof(ProblemView.Code)] = problem.Code,
        [nameof(ProblemView.TraceId)] = problem.TraceId,
        [nameof(ProblemView.User)] = RequestCaller.Of(context) is { } caller ? ConsoleUser.Of(caller) : null,
    }).ExecuteAsync(context);
}

/// <summary>Problems in words.</summary>
internal static class ProblemWords
{
    /// <summary>All that a problem says of the request.</summary>
    public static string Summary(this Problem problem) => problem.Errors is { Count: > 0 } errors
        ? string.Join(" ", errors.Select(error => $"{error.Key} {string.Join(", ", error.Value)}."))
        : problem.Detail;
}
