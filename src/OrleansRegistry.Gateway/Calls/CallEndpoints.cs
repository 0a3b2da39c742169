using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Calling a model: the request goes to the version's server as it is, and so does the answer to the caller.</summary>
internal static class CallEndpoints
{
    // /v1/models/{model}/predict and /v1/model_versions/{id}/predict: what comes behind belongs to the model.
    private const int Segments = 4;
    private const string Call = "/predict";

    /// <summary>Maps the routes.</summary>
    public static void MapCalls(this IEndpointRouteBuilder routes)
    {
        var calls = routes.MapGroup("/v1").WithTags("Calls").RequirePermission(Permission.Invoke).WithMetadata(new ForwardedCall())
            .DescribePath(PathParameter.Model, PathParameter.Version);
        Map(calls, Routes.OfModel(Call), Predict)
            .WithName("predict")
            .ForwardsCall(Selector, Header)
            .ProducesErrors([.. Routes.SelectionErrors, .. Routes.CallErrors]);
        Map(calls, Routes.OfVersion(Call), PredictVersion)
            .WithName("predict_version")
            .ForwardsCall()
            .ProducesErrors(
            [
                ErrorCode.VersionNotFound,
                ErrorCode.VersionInactive,
                ErrorCode.VersionDeleted,
                ErrorCode.VersionStarting,
                ErrorCode.ServingFailed,
                .. Routes.CallErrors,
            ]);
    }

    /// <summary>Selects the version of a call.</summary>
    internal static RequestParameter Header { get; } = RequestParameter.Header(
        CallSelector.Header, "A number (`1.2.3`), an npm-style range (`^1.2`) or a version id; the primary when none is named.");

    private static RequestParameter Selector { get; } =
        new("version", "The same as the header `Model-Version`. All other parameters go to the model's server.");

    /// <summary>Calls a model: the primary, or the version that is selected.</summary>
    /// <remarks>The path behind <c>predict</c> (<c>predict/a/b</c>) is appended to the serving URL. Any body goes through as a stream, as does the answer;
    /// WebSockets too. The answer is the model's own, with <c>Model-Id</c>, <c>Model-Version</c>, <c>Model-Version-Id</c> and
    /// <c>Model-Resolved-By</c>.</remarks>
    public static Task Predict(string model, HttpContext context, RequestCaller caller, CallHandler handler)
    {
        if (CallTarget.Of(context.Request, Segments, takesSelector: true) is not { } target)
        {
            return ProblemWriter.Write(context, PathTexts.ClimbingPath);
        }

        return CallSelector.Read(context.Request, target.Selectors, Selector.Name, out var selector) is { } refusal
            ? ProblemWriter.Write(context, refusal)
            : handler.Handle(
                context, caller, model, selector, version => new Call(version, BackendAddress.Of(BackendAddress.ServerOf(version), target.Rest, target.Query)));
    }

    /// <summary>Calls a version.</summary>
    /// <remarks>As calling a model, but the whole query goes to the model's server.</remarks>
    public static Task PredictVersion(string id, HttpContext context, RequestCaller caller, CallHandler handler)
    {
        if (CallTarget.Of(context.Request, Segments, takesSelector: false) is not { } target)
        {
            return ProblemWriter.Write(context, PathTexts.ClimbingPath);
        }

        if (CallSelector.Read(context.Request, [id], "id", out _) is { } refusal)
        {
            return ProblemWriter.Write(context, refusal);
        }

        return VersionId.TryParse(id, out var version) ? handler.Handle(context, caller, version, Prepare)
            : VersionName.TryParse(id, out var name) ? handler.Handle(context, caller, name, Prepare)
            : ProblemWriter.Write(context, VersionName.Refusal(id));

        Call Prepare(ResolvedVersion resolved) => new(resolved, BackendAddress.Of(BackendAddress.ServerOf(resolved), target.Rest, target.Query));
    }

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
