using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The answer of <c>GET /v2</c>.</summary>
/// <param name="Name">The server's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">The extensions of the protocol that it knows: none.</param>
internal sealed record InferenceServer(string Name, string Version, ImmutableArray<string> Extensions);

/// <summary>The answer of <c>GET /v2/health/live</c>.</summary>
/// <param name="Live">True.</param>
internal sealed record InferenceLive(bool Live);

/// <summary>The answer of <c>GET /v2/health/ready</c>.</summary>
/// <param name="Ready">True.</param>
internal sealed record InferenceReady(bool Ready);

/// <summary>
/// The Open Inference Protocol, version 2: every model of the registry as one server offers them, over the same
/// resolver.
/// </summary>
internal static class InferenceEndpoints
{
    private const string Model = "/v2/models/{model}";
    private const string Inferring = "/infer";
    private const string ModelVersion = "/v2/models/{model}/versions/{version}";

    /// <summary>Maps the routes.</summary>
    public static void MapInference(this IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup("").WithTags("Open Inference Protocol").WithMetadata(ErrorDialect.Inference)
            .DescribePath(PathParameter.Model, new PathParameter("version", "A number, an npm-style range, a version id or an alias (`@staging`)."));
        v2.MapGet("/v2", Server).WithName("v2_server").RequirePermission(Permission.Resolve);
        v2.MapGet(HealthRoute.InferencePrefix + "/live", Live).WithName("v2_live").WithMetadata(HealthRoute.Instance).AllowAnonymous();
        v2.MapGet(HealthRoute.InferencePrefix + "/ready", Ready).WithName("v2_ready").WithMetadata(HealthRoute.Instance).AllowAnonymous();
        Map(v2.MapPost(Model + Inferring, Infer), "v2_infer");
        Map(v2.MapGet(Model + "/ready", ModelReady), "v2_model_ready");
        Map(v2.MapPost(ModelVersion + Inferring, Infer), "v2_infer_version");
        Map(v2.MapGet(ModelVersion + "/ready", ModelReady), "v2_version_ready");
        Map(v2.MapGet(Model, Metadata), "v2_model");
        Map(v2.MapGet(ModelVersion, Metadata), "v2_version");

        static void Map(RouteHandlerBuilder route, string name) =>
            route.WithName(name)
                .RequirePermission(Permission.Invoke)
                .ForwardsCall(CallEndpoints.Header, CallWait.Header)
                .ProducesErrors([.. Routes.SelectionErrors, .. Routes.CallErrors]);
    }

    /// <summary>Says what serves the models.</summary>
    public static Answer<InferenceServer> Server() => new InferenceServer("orleans-registry", ServerVersion.Value, []);

    /// <summary>Says that the registry runs.</summary>
    public static Answer<InferenceLive> Live() => new InferenceLive(true);

    /// <summary>Says that the registry takes calls; whether a model does is another route.</summary>
    public static Answer<InferenceReady> Ready() => new InferenceReady(true);

    /// <summary>Infers: forwarded to the same route of the model's server.</summary>
    public static Task Infer(string model, HttpContext context, RequestCaller caller, CallHandler handler) =>
        Forward(model, Inferring, context, caller, handler);

    /// <summary>Says whether the version's server is ready, as it says itself.</summary>
    public static Task ModelReady(string model, HttpContext context, RequestCaller caller, CallHandler handler) =>
        Forward(model, "/ready", context, caller, handler);

    /// <summary>
    /// Describes a model: what its server says, with the registry's name of it and the versions that can be called.
    /// </summary>
    public static Task Metadata(string model, HttpContext context, RequestCaller caller, CallHandler handler, ModelMetadata metadata) =>
        Forward(
            model,
            "",
            context,
            caller,
            handler,
            version => (http, answer, cancellationToken) => metadata.Rewrite(http, answer, caller, version, cancellationToken));

    private static Task Forward(
        string model,
        string rest,
        HttpContext context,
        RequestCaller caller,
        CallHandler handler,
        Func<ResolvedVersion, Func<HttpContext, HttpResponseMessage, CancellationToken, Task<bool>>>? rewrite = null)
    {
        IReadOnlyList<string> named = context.GetRouteValue("version") is string version ? [version] : [];
        return CallSelector.Read(context.Request, named, "version", out var selector) is { } refusal
            ? ProblemWriter.Write(context, refusal)
            : handler.Handle(context, caller, model, selector, resolved => new Call(
                resolved, BackendAddress.OfModel(BackendAddress.ServerOf(resolved), resolved.ModelName, rest, context.Request.QueryString.Value ?? ""))
            {
                IsCounted = rest == Inferring,
                Rewrite = rewrite?.Invoke(resolved),
            });
    }
}
