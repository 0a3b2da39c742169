using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansRegistry.Access;
using OrleansRegistry.Processes;
using Scalar.AspNetCore;

namespace OrleansRegistry.Gateway;

/// <summary>Adds the HTTP interface to a node. It needs an <see cref="IRegistryCatalog"/>, an <see cref="IBillingCatalog"/>, an
/// <see cref="IWebhookCatalog"/>, an <see cref="IArtifactCatalog"/>, an <see cref="IArtifactFiles"/>,
/// an <see cref="IProcessRunner"/>, <see cref="InstanceTypes"/>, an <see cref="AccessSecret"/>, Orleans' grain factory and an <see cref="Outbound.OutboundHttp"/>.</summary>
internal static class RegistryGateway
{
    /// <summary>The longest body of a command.</summary>
    internal const int MaxBodyBytes = 1024 * 1024;

    /// <summary>Adds the services, but for those of <see cref="AddFirstKeyCheck"/>.</summary>
    /// <param name="services">The services of the node.</param>
    /// <param name="call">How calls are forwarded.</param>
    /// <param name="access">Who is let in.</param>
    /// <param name="limits">How much callers may ask.</param>
    /// <param name="drain">How long calls are taken once the node is told to stop.</param>
    public static IServiceCollection AddRegistryGateway(
        this IServiceCollection services, CallOptions call, AccessOptions access, LimitOptions limits, TimeSpan drain)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<NodeEnd>(provider, drain));
        services.AddHostedService(provider => provider.GetRequiredService<NodeEnd>());
        services.Configure<KestrelServerOptions>(Limit);
        // VersionIdFilter finds what is not bound.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        services.ConfigureHttpJsonOptions(options => JsonSettings.Apply(options.SerializerOptions));
        services.AddSingleton<IWorkspaceCatalog>(provider => provider.GetRequiredService<IRegistryCatalog>());
        services.AddSingleton<ModelDirectory>();
        services.AddSingleton<ArtifactLookup>();
        services.AddSingleton<NearestVersions>();
        services.AddSingleton<ArtifactStore>();
        services.AddSingleton<FileUpload>();
        services.AddSingleton(provider => new ServerFeature("artifacts", () => provider.GetRequiredService<IArtifactFiles>().OffReason));
        services.AddSingleton(provider => new ServerFeature("runtime", () => provider.GetRequiredService<IProcessRunner>().Off));
        services.AddSingleton<Deployer>();
        services.AddSingleton<VersionWatch>();
        services.AddSingleton<VersionResolver>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IOutgoingGrainCallFilter, RepeatedCalls>());
        services.AddSingleton(provider => new PageTokens(provider.GetRequiredService<AccessSecret>().SignToken));
        services.AddAccess(access, limits);
        services.AddCalls(call);
        services.AddSingleton<EventFeedWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<EventFeedWorker>());
        services.AddStoppingHealth();
        services.AddCompressedLists();
        services.AddRegistryOpenApi();
        services.AddSingleton<MatcherPolicy, HomeRedirect>();
        return services;
    }

    /// <summary>
    /// Has the start end where the first key is none. Comes behind the storage, and before the deployment's secret.
    /// </summary>
    /// <param name="services">The node's services.</param>
    /// <param name="access">Where the key is.</param>
    public static IServiceCollection AddFirstKeyCheck(this IServiceCollection services, AccessOptions access)
    {
        services.AddSingleton(access);
        services.AddHostedService<FirstKeyCheck>();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    /// <param name="app">The node.</param>
    /// <param name="home">The page that browsers are led to from <c>/</c>, or null for none.</param>
    /// <param name="hasReference">Whether there is the API reference.</param>
    public static void MapRegistryGateway(this WebApplication app, string? home = BrowserPage.Reference, bool hasReference = true)
    {
        app.UseMiddleware<LastAnswers>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseMiddleware<ConnectionGuard>();
        app.UseMiddleware<FramingGuard>();
        app.UseMiddleware<HostGuard>();
        app.UseHsts();
        app.UseRouting();
        app.UseCompressedLists();
        app.UseMiddleware<LoopGuard>();
        app.UseCrossOrigin(app.Services.GetRequiredService<CallOptions>());
        app.UseAdmission();
        app.UseMiddleware<PathTexts>();

        var v1 = app.MapGroup("/v1").AddEndpointFilter<RequestFilter>().AddEndpointFilter<VersionIdFilter>().TakeHead();
        v1.MapDeployments();
        v1.MapListModels();
        v1.MapListVersions();
        v1.MapModelTraffic();
        v1.MapModels();
        v1.MapAliases();
        v1.MapResolve();
        v1.MapPrimaryHistory();
        v1.MapVersions();
        v1.MapLogs();
        v1.MapLifecycle();
        v1.MapVersionServers();
        v1.MapArtifacts();
        v1.MapEnvironments();
        v1.MapEvents();
        v1.MapBilling();
        v1.MapWebhooks();
        v1.MapAccess();
        v1.MapCaller();
        v1.MapServer();

        var calls = app.MapGroup("").TakeHead();
        var options = app.Services.GetRequiredService<CallOptions>();
        calls.OpenToOrigins(options);
        var limit = new BodyLimit(options.MaxBodyBytes);
        ((IEndpointConventionBuilder)calls).Add(limit.Limit);
        calls.MapCalls();
        calls.MapShortCalls();
        calls.MapInference();
        calls.MapOpenai();

        app.MapHealth();
        app.MapOpenApi("/openapi/v1.json").AllowAnonymous().TakeHead().Add(PreparedAnswer.MakeOnce);
        if (home is not null)
        {
            HomeRedirect.Map(app, home);
        }

        if (hasReference)
        {
            app.MapReference();
        }
    }

    private static void MapReference(this WebApplication app) => app
        .MapScalarApiReference(BrowserPage.Reference, scalar => scalar
            .WithTitle("OrleansRegistry")
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .HideDeveloperTools()
            .AddPreferredSecuritySchemes(RegistryOpenApi.Security))
        .AllowAnonymous()
        .TakeHead()
        .Add(MakeScriptsOnce);

    /// <summary>The page itself says where it was asked for.</summary>
    private static void MakeScriptsOnce(EndpointBuilder endpoint)
    {
        if (endpoint is RouteEndpointBuilder { RoutePattern.RawText: { } pattern } && pattern.EndsWith(".js", StringComparison.Ordinal))
        {
            PreparedAnswer.MakeOnce(endpoint);
        }
    }

    private static void AddAccess(this IServiceCollection services, AccessOptions options, LimitOptions limits)
    {
        services.AddConnectionLimits(limits);
        services.AddSingleton<ApiKeyAuthenticator>();
        services.AddSingleton<ShownKeys>();
        services.AddSingleton<CallerLimits>();
        services.AddSingleton<RequestRates>();
        services.AddSingleton<OpenRequests>();
        services.AddSingleton<KeyQuota>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<IRequestAudit>(provider => provider.GetRequiredService<AuditLog>());
        services.AddHostedService(provider => provider.GetRequiredService<AuditLog>());
        services.AddHostedService<AccessBootstrapper>();
        var authentication = services.AddAuthentication(ApiKeyHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(
            ApiKeyHandler.SchemeName,
            scheme => scheme.ForwardDefaultSelector = context =>
                context.GetEndpoint()?.Metadata.GetMetadata<AuthenticationSchemeName>()?.Name ?? (options.Oidc is not null && ApiKeyHandler.Shown(context.Request) is { } shown && !shown.StartsWith(ApiKey.Marker, StringComparison.Ordinal)
                    ? JwtBearerDefaults.AuthenticationScheme
                    : null));
        if (options.Oidc is { } oidc)
        {
            services.AddSingleton(new ServerFeature("oidc"));
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<IssuerKeys>(provider, oidc));
            services.AddHostedService<IssuerKeysWorker>();
            authentication.AddJwtBearer();
            services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
                .Configure<IssuerKeys>((bearer, keys) => IssuerTokens.Configure(bearer, oidc, keys));
            if (oidc.ClientId is { } client)
            {
                services.AddSingleton(provider => ActivatorUtilities.CreateInstance<IssuerSignIn>(provider, oidc, client));
            }
        }

        // What says nothing else is closed: a route that somebody forgets about lets nobody in.
        var closed = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().AddRequirements(new RouteRequirement()).Build();
        services.AddAuthorizationBuilder().SetDefaultPolicy(closed).SetFallbackPolicy(closed);
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessResult>();
    }

    private static void AddCalls(this IServiceCollection services, CallOptions options)
    {
        services.AddHttpForwarder();
        services.AddCrossOrigin(options);
        services.AddSingleton(options);
        services.AddSingleton<BackendClient>();
        services.AddSingleton<ServerRecords>();
        services.AddSingleton<CallSignReporter>();
        services.AddSingleton<VersionHealthReader>();
        services.AddSingleton<CallForwarder>();
        services.AddSingleton<ParkedCalls>();
        services.AddSingleton<CallHandler>();
        services.AddSingleton<OpenaiCalls>();
        services.AddSingleton<BodySpool>();
        services.AddSingleton<ModelMetadata>();
        services.AddSingleton<TrafficMeter>();
        services.AddSingleton<AdmittedCalls>();
        services.AddSingleton<IAdmittedCalls>(provider => provider.GetRequiredService<AdmittedCalls>());
        services.TryAddSingleton<INodeProcesses, NoProcesses>();
        services.AddSingleton<TrafficReporter>();
        services.AddSingleton<CallDrain>();
        services.AddHostedService<TrafficWorker>();
        services.AddHostedService<CallSignWorker>();
        services.AddHostedService<LongCallWorker>();
    }

    private static void Limit(KestrelServerOptions options)
    {
        // A line ends with CR LF: a proxy before us may see one header where a lone LF makes two. The server has no option for it.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        options.AddServerHeader = false;
        options.Limits.MaxRequestBodySize = MaxBodyBytes;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // A longer field is answered 431 on its own stream, up to this length; beyond it the connection ends, and all that runs on it.
        options.Limits.Http2.MaxRequestHeaderFieldSize = 2 * options.Limits.MaxRequestHeadersTotalSize;
        options.RequestHeaderEncodingSelector = _ => BackendClient.HeaderEncoding;
        options.ResponseHeaderEncodingSelector = _ => BackendClient.HeaderEncoding;
    }
}

/// <summary>How long the body of a request may be.</summary>
/// <param name="MaxRequestBodySize">In bytes.</param>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    /// <summary>Limits the bodies of an endpoint. A CONNECT has none, and the server warns of a limit on it.</summary>
    public void Limit(EndpointBuilder endpoint)
    {
        if (!endpoint.Metadata.OfType<IHttpMethodMetadata>().Any(methods => methods.HttpMethods.Contains(HttpMethods.Connect)))
        {
            endpoint.Metadata.Add(this);
        }
    }
}
