using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Scalar.AspNetCore;

namespace OrleansRegistry.Gateway;

/// <summary>Adds the HTTP interface to a node. It needs an <see cref="IRegistryCatalog"/>, an <see cref="IBillingCatalog"/>, an
/// <see cref="IWebhookCatalog"/>, Orleans' grain factory and an <see cref="Outbound.OutboundHttp"/>.</summary>
public static class RegistryGateway
{
    private const int MaxBodyBytes = 1024 * 1024;
    private const int MaxConnections = 10_000;

    /// <summary>Adds the services.</summary>
    public static IServiceCollection AddRegistryGateway(this IServiceCollection services, InvocationOptions invocation)
    {
        services.Configure<KestrelServerOptions>(Limit);
        services.ConfigureHttpJsonOptions(options => JsonSettings.Apply(options.SerializerOptions));
        services.AddSingleton<ModelLookup>();
        services.AddSingleton<ArtifactLookup>();
        services.AddSingleton<Deployer>();
        services.AddSingleton<VersionWatch>();
        services.AddSingleton<VersionResolver>();
        services.AddInvocation(invocation);
        services.AddSingleton<EventFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<EventFeed>());
        services.AddHealthChecks();
        services.AddRegistryOpenApi();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static void MapRegistryGateway(this WebApplication app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();

        var v1 = app.MapGroup("/v1").AddEndpointFilter<RequestFilter>();
        v1.MapDeployments();
        v1.MapLists();
        v1.MapModels();
        v1.MapResolve();
        v1.MapVersions();
        v1.MapLifecycle();
        v1.MapEvents();
        v1.MapBilling();
        v1.MapWebhooks();

        var calls = app.MapGroup("").WithMetadata(new BodyLimit(app.Services.GetRequiredService<InvocationOptions>().MaxBodyBytes));
        calls.MapInvocation();
        calls.MapInference();
        calls.MapCompletions();

        app.MapHealth();
        app.MapOpenApi();
        app.MapScalarApiReference("/scalar", scalar => scalar
            .WithTitle("OrleansRegistry")
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent());
    }

    private static void AddInvocation(this IServiceCollection services, InvocationOptions options)
    {
        services.AddHttpForwarder();
        services.AddSingleton(options);
        services.AddSingleton<BackendClient>();
        services.AddSingleton<CallForwarder>();
        services.AddSingleton<Invoker>();
        services.AddSingleton<ModelMetadata>();
        services.AddSingleton<TrafficMeter>();
        services.AddSingleton<TrafficReporter>();
        services.AddSingleton<Retirement>();
        services.AddHostedService(provider => provider.GetRequiredService<TrafficReporter>());
    }

    private static void Limit(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.MaxRequestBodySize = MaxBodyBytes;
        options.Limits.MaxConcurrentConnections = MaxConnections;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
    }
}

/// <summary>How long the body of a request may be.</summary>
/// <param name="MaxRequestBodySize">In bytes.</param>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
