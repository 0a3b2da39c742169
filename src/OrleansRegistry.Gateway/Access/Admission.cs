using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Lets requests in: whose key or token it is, their limits, and their role. The short way is that of a key that was
/// shown a moment ago, to a route that its role may use. All else goes through ASP.NET's authentication and
/// authorization, and is refused there.
/// </summary>
internal sealed class Admission(RequestDelegate next, RequestDelegate longWay, ShownKeys keys, CallerLimits limits)
{
    public Task Invoke(HttpContext context)
    {
        if (Recognize(context) is not { } known)
        {
            return longWay(context);
        }

        context.User = known.Principal;
        return limits.Serve(context, known.Caller, Admit);
    }

    /// <summary>Who shows a key that counts and may use the route; null where that takes a longer look.</summary>
    private ShownKey? Recognize(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { Metadata: var route }
            && route.GetMetadata<RequiredPermission>() is { } needed
            && route.GetMetadata<BrowserPage>() is null
            && route.GetMetadata<AuthenticationSchemeName>() is null
            && context.Request.Headers.Authorization is [{ } header]
            && keys.Find(header) is { } known
            && known.Caller.Role.Allows(needed.Permission)
            ? known
            : null;

    // Asynchronous, so that the workspace is that of what comes behind alone.
    private async Task Admit(HttpContext context)
    {
        WorkspaceScope.Enter(RequestCaller.Of(context)!.Workspace);
        await next(context);
    }
}

/// <summary>Puts the admission of requests in its place.</summary>
internal static class AdmissionPipeline
{
    // Without these marks the host puts both in front of everything, since it finds them on a branch only.
    private static readonly string[] Marks = ["__AuthenticationMiddlewareSet", "__AuthorizationMiddlewareSet"];

    /// <summary>Lets in what comes behind, which runs in the caller's workspace.</summary>
    public static void UseAdmission(this IApplicationBuilder app)
    {
        foreach (var mark in Marks)
        {
            app.Properties[mark] = true;
        }

        var limits = app.ApplicationServices.GetRequiredService<CallerLimits>();
        app.Use(next =>
        {
            var longWay = app.New();
            longWay.UseAuthentication();
            longWay.Use(admitted => context => limits.Serve(context, admitted));
            longWay.UseAuthorization();
            longWay.Run(next);
            return new Admission(next, longWay.Build(), app.ApplicationServices.GetRequiredService<ShownKeys>(), limits).Invoke;
        });
    }
}
