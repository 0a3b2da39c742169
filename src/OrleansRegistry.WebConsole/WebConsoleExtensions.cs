using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Gateway;
using OrleansRegistry.WebConsole.Pages;
using OrleansRegistry.WebConsole.Pages.Access;
using OrleansRegistry.WebConsole.Pages.Billing;
using OrleansRegistry.WebConsole.Pages.Models;
using OrleansRegistry.WebConsole.Pages.Versions;
using OrleansRegistry.WebConsole.Pages.Webhooks;

namespace OrleansRegistry.WebConsole;

/// <summary>Adds the web console to a gateway.</summary>
internal static class WebConsoleExtensions
{
    /// <summary>Adds the services. Comes behind those of the gateway.</summary>
    public static IServiceCollection AddWebConsole(this IServiceCollection services, ConsoleOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<ConsoleSessions>();
        services.AddSingleton<SignInCookie>();
        services.AddSingleton<RegistryApi>();
        services.AddRazorComponents();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, SessionHandler>(SessionHandler.SchemeName, null);
        return services;
    }

    /// <summary>Maps the pages.</summary>
    public static void MapWebConsole(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("")
            .ExcludeFromDescription()
            .WithMetadata(new AuthenticationSchemeName(SessionHandler.SchemeName), ConsoleProblems.Instance)
            .AddEndpointFilter(Guard)
            .TakeHead();
        pages.MapSignIn();
        pages.MapSessions();
        pages.MapPages();
        pages.MapModelPages();
        pages.MapModelSettings();
        pages.MapAliasPages();
        pages.MapVersionPages();
        pages.MapBillingPages();
        pages.MapRatesPages();
        pages.MapAccessPages();
        pages.MapWebhookPages();
        pages.MapDeployPages();
        pages.MapCommands();
        pages.MapModelCommands();
        AssetFile.Map(pages);
        pages.MapGet(Links.Root + "/{*rest}", NoPage).RequirePermission(Permission.Read);
    }

    private static Refusal NoPage(string rest) => new(new RegistryError(ErrorCode.NotFound, $"There is no page {Links.Root}/{rest}."));

    private static async ValueTask<object?> Guard(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        ConsoleHeaders.Apply(http.Response);
        return SameOrigin.Problem(http.Request) is { } problem
            ? new Refusal(new RegistryError(ErrorCode.Forbidden, problem))
            : !http.Request.IsRead() && !http.Request.HasFormContentType && http.Request.ContentLength is not 0 and not null
            ? new Refusal(new RegistryError(ErrorCode.UnsupportedMediaType, "Content-Type must be that of a form."))
            : await next(context);
    }
}
