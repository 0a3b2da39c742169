using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Which pages of other servers may call models from a browser (CORS). Without <see cref="CallOptions.AllowedOrigins"/> none may. With them the
/// routes that forward are open to exactly these origins, and no other route is. Browsers never send a key by themselves there: there are no
/// cookies, and credentials are not allowed.
/// </summary>
internal static class CrossOrigin
{
    private const string Policy = "calls";

    private static readonly TimeSpan PreflightLifetime = TimeSpan.FromMinutes(10);

    private static readonly ImmutableArray<string> Exposed =
    [
        ForwardedHeaders.ModelId, CallSelector.Header, ForwardedHeaders.ModelVersionId, ForwardedHeaders.ModelResolvedBy, ForwardedHeaders.ModelAlias,
        ForwardedHeaders.ModelAttempts, ForwardedHeaders.ModelRequestId, CommonHeaders.RequestId, ProblemWriter.Header, "Retry-After",
    ];

    /// <summary>Adds the policy.</summary>
    public static void AddCrossOrigin(this IServiceCollection services, CallOptions options)
    {
        if (options.AllowedOrigins.Count > 0)
        {
            services.AddCors(cors => cors.AddPolicy(Policy, policy => policy
                .WithOrigins([.. options.AllowedOrigins])
                .WithMethods(HttpMethods.Get, HttpMethods.Post)
                .AllowAnyHeader()
                .WithExposedHeaders([.. Exposed])
                .SetPreflightMaxAge(PreflightLifetime)));
        }
    }

    /// <summary>Answers preflights, which carry no key, and says on answers which page may read them. Comes before keys are looked at.</summary>
    public static void UseCrossOrigin(this IApplicationBuilder app, CallOptions options)
    {
        if (options.AllowedOrigins.Count > 0)
        {
            app.UseMiddleware<PreflightLimits>();
            app.UseCors();
        }
    }

    /// <summary>Opens those of the routes that forward.</summary>
    public static void OpenToOrigins(this IEndpointConventionBuilder routes, CallOptions options)
    {
        if (options.AllowedOrigins.Count > 0)
        {
            routes.Finally(route =>
            {
                if (route.Metadata.OfType<ForwardedCall>().Any())
                {
                    route.Metadata.Add(new EnableCorsAttribute(Policy));
                }
            });
        }
    }

    /// <summary>What is wrong with an origin, or null: browsers send it as scheme, host and port, and nothing else is one.</summary>
    public static string? Problem(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && origin == url.GetLeftPart(UriPartial.Authority) && url.UserInfo.Length == 0 && !origin.Contains('*', StringComparison.Ordinal)
            ? null
            : "must be an origin as browsers send it, such as https://app.example.com or http://localhost:3000";
}

/// <summary>Holds preflights against the limit of callers without a key.</summary>
internal sealed class PreflightLimits(RequestDelegate next, RequestRates rates, CallerAddresses addresses, RefusedAttempts refused)
{
    public Task InvokeAsync(HttpContext context)
    {
        var isPreflight = HttpMethods.IsOptions(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>() is not null;
        if (!isPreflight)
        {
            return next(context);
        }

        var address = addresses.Of(context);
        if (rates.CountStranger(address) is not { } refusal)
        {
            return next(context);
        }

        refused.Count(refusal.Error, address);
        return refusal.Write(context);
    }
}
