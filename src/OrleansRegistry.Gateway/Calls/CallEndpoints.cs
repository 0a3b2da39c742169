using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Calling a model: the request goes to the version's server as it is, and so does the answer to the caller.</summary>
internal static class CallEndpoints
{
    // /v1/models/{model}/predict and /v1/model_versions/{id}/predict: what comes behind belongs to the model.
    private const int Segments = 4;

    // /models/{model}/predict and /model_versions/{id}/predict.
    private const int ShortSegments = 3;
    private const string Call = "/predict";

    private static readonly string[] OfVersionErrors =
    [
        ErrorCode.VersionNotFound,
        ErrorCode.VersionInactive,
        ErrorCode.VersionDeleted,
        ErrorCode.VersionStarting,
        ErrorCode.ServingFailed,
        .. Routes.CallErrors,
    ];

    /// <summary>Maps the routes.</summary>
    public static void MapCalls(this IEndpointRouteBuilder routes)
    {
        var calls = routes.MapGroup("/v1").WithTags("Calls").RequirePermission(Permission.Invoke).WithMetadata(new ForwardedCall())
            .DescribePath(PathParameter.Model, PathParameter.Version);
        Map(calls, Routes.OfModel(Call), Predict)
            .WithName("predict")
            .ForwardsCall(Selector, Header, CallWait.Header)
            .ProducesErrors([.. Routes.SelectionErrors, .. Routes.CallErrors]);
        Map(calls, Routes.OfVersion(Call), PredictVersion)
            .WithName("predict_version")
            .ForwardsCall(CallWait.Header)
            .ProducesErrors(OfVersionErrors);
    }

    /// <summary>Maps the routes at the root, as clients know them that call a model by its id and read which version has answered.</summary>
    public static void MapShortCalls(this IEndpointRouteBuilder routes)
    {
        var calls = routes.MapGroup("").WithTags("Calls").RequirePermission(Permission.Invoke).WithMetadata(new ForwardedCall())
            .DescribePath(PathParameter.Model, PathParameter.Version);
        calls.MapPost(Routes.OfModel(Call), PredictFramed)
            .WithName("predict_framed")
            .ForwardsCall(Selector, Header, CallWait.Header)
            .ProducesErrors([.. Routes.SelectionErrors, .. Routes.CallErrors]);
        calls.MapPost(Routes.OfVersion(Call), PredictVersionFramed)
            .WithName("predict_version_framed")
            .ForwardsCall(CallWait.Header)
            .ProducesErrors(OfVersionErrors);
    }

    /// <summary>Selects the version of a call.</summary>
    internal static RequestParameter Header { get; } = RequestParameter.Header(
        CallSelector.Header, "A number (`1.2.3`), an npm-style range (`^1.2`), a version id or an alias (`@staging`); the primary when none is named.");

    private static RequestParameter Selector { get; } =
        new("version", "The same as the header `Model-Version`. All other parameters go to the model's server.");

    /// <summary>Calls a model: the primary, or the version that is selected.</summary>
    /// <remarks>The path behind <c>predict</c> (<c>predict/a/b</c>) is appended to the serving URL. Any body goes through as a stream, as does the answer;
    /// WebSockets too. The answer is the model's own, with <c>Model-Id</c>, <c>Model-Version</c>, <c>Model-Version-Id</c> and
    /// <c>Model-Resolved-By</c>.</remarks>
    public static Task Predict(string model, HttpContext context, RequestCaller caller, CallHandler handler) =>
        ToModel(model, Segments, static _ => null, context, caller, handler);

    /// <summary>Calls a model, and says in the answer's body which version has answered.</summary>
    /// <remarks>A JSON answer of status 2xx comes as <c>{"model_id": …, "model_version_id": …, "model_output": …}</c>. Any
    /// other answer is the model's own.</remarks>
    public static Task PredictFramed(string model, HttpContext context, RequestCaller caller, CallHandler handler) =>
        ToModel(model, ShortSegments, FramedAnswer.Begin, context, caller, handler);

    /// <summary>Calls a version.</summary>
    /// <remarks>As calling a model, but the whole query goes to the model's server.</remarks>
    public static Task PredictVersion(string id, HttpContext context, RequestCaller caller, CallHandler handler) =>
        ToVersion(id, Segments, static _ => null, context, caller, handler);

    /// <summary>Calls a version, and says in the answer's body which one has answered.</summary>
    /// <remarks>As calling a model by its short route, but the whole query goes to the model's server.</remarks>
    public static Task PredictVersionFramed(string id, HttpContext context, RequestCaller caller, CallHandler handler) =>
        ToVersion(id, ShortSegments, FramedAnswer.Begin, context, caller, handler);

    private static Task ToModel(
        string model, int segments, Func<ResolvedVersion, byte[]?> frame, HttpContext context, RequestCaller caller, CallHandler handler)
    {
        if (CallTarget.Of(context.Request, segments, takesSelector: true) is not { } target)
        {
            return ProblemWriter.Write(context, PathTexts.ClimbingPath);
        }

        return CallSelector.Read(context.Request, target.Selectors, Selector.Name, out var selector) is { } refusal
            ? ProblemWriter.Write(context, refusal)
            : handler.Handle(context, caller, model, selector, version => Prepare(version, target, frame));
    }

    private static Task ToVersion(
        string id, int segments, Func<ResolvedVersion, byte[]?> frame, HttpContext context, RequestCaller caller, CallHandler handler)
    {
        if (CallTarget.Of(context.Request, segments, takesSelector: false) is not { } target)
        {
            return ProblemWriter.Write(context, PathTexts.ClimbingPath);
        }

        if (CallSelector.Read(context.Request, [id], "id", out _) is { } refusal)
        {
            return ProblemWriter.Write(context, refusal);
        }

        return VersionId.TryParse(id, out var version) ? handler.Handle(context, caller, version, resolved => Prepare(resolved, target, frame))
            : VersionName.TryParse(id, out var name) ? handler.Handle(context, caller, name, resolved => Prepare(resolved, target, frame))
            : ProblemWriter.Write(context, VersionName.Refusal(id));
    }

    private static Call Prepare(ResolvedVersion version, CallTarget target, Func<ResolvedVersion, byte[]?> frame) =>
        new(version, BackendAddress.Of(BackendAddress.ServerOf(version), target.Rest, target.Query)) { Frame = frame(version) };

    /// <summary>Maps a route with all that may stand behind it. The OpenAPI document, which knows no such paths, gets the route itself.</summary>
    private static RouteHandlerBuilder Map(RouteGroupBuilder calls, string pattern, Delegate handler)
    {
        foreach (var path in (string[])[pattern, pattern + "/{**rest}"])
        {
            // GET and CONNECT begin WebSockets, over HTTP/1.1 and HTTP/2.
            calls.MapMethods(path, [HttpMethods.Connect], handler).ExcludeFromDescription();
            calls.MapMethods(path, [HttpMethods.Get], handler).ExcludeFromDescription();
        }

        calls.MapPost(pattern + "/{**rest}", handler).ExcludeFromDescription();
        return calls.MapPost(pattern, handler);
    }
}
