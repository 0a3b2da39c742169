using System.Net.Mime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>What routes say of themselves, for the request filter and the OpenAPI document.</summary>
internal static class Routes
{
    private const string Models = "models/{model}";
    private const string Versions = "model_versions/{id}";

    /// <summary>The codes of a selector that leads nowhere.</summary>
    public static IReadOnlyList<string> SelectionErrors { get; } =
    [
        ErrorCode.InvalidSelector,
        ErrorCode.ModelNotFound,
        ErrorCode.VersionNotFound,
        ErrorCode.NoMatchingVersion,
        ErrorCode.AliasNotFound,
        ErrorCode.AliasEmpty,
        ErrorCode.NoRollout,
        ErrorCode.VersionInactive,
        ErrorCode.NoPrimary,
        ErrorCode.VersionDeleted,
        ErrorCode.ModelDeleted,
        ErrorCode.VersionStarting,
        ErrorCode.ServingFailed,
        ErrorCode.StateCorrupt,
    ];

    /// <summary>The codes of a call that can't be made.</summary>
    public static IReadOnlyList<string> CallErrors { get; } =
    [
        ErrorCode.NotServable,
        ErrorCode.PayloadTooLarge,
        ErrorCode.BackendUnreachable,
        ErrorCode.BackendTimeout,
        ErrorCode.LoopDetected,
        ErrorCode.StateCorrupt,
    ];

    /// <summary>The route of a model's resource.</summary>
    public static string OfModel(string rest = "") => Models + rest;

    /// <summary>The route of a version's resource.</summary>
    public static string OfVersion(string rest = "") => Versions + rest;

    /// <summary>Says which parameters a route reads.</summary>
    public static TBuilder AcceptsParameters<TBuilder>(this TBuilder route, params IReadOnlyList<RequestParameter> parameters)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RequestParameters(parameters));

    /// <summary>Says that a route forwards to a model's server, and which parameters it reads itself.</summary>
    public static RouteHandlerBuilder ForwardsCall(this RouteHandlerBuilder route, params IReadOnlyList<RequestParameter> parameters) =>
        route.AcceptsParameters(parameters).WithMetadata(new ForwardedCall());

    /// <summary>Says which codes a route's problems can have, besides those that every route has.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params IReadOnlyList<string> codes) =>
        route.WithMetadata(new ErrorCodes(codes));

    /// <summary>Says that a route makes a resource, unless it is only tried.</summary>
    public static RouteHandlerBuilder ProducesCreated<T>(this RouteHandlerBuilder route) =>
        route.Produces<T>(StatusCodes.Status201Created, MediaTypeNames.Application.Json);

    /// <summary>A route that changes a resource: it can be tried, and depend on the resource's entity tag.</summary>
    public static RouteHandlerBuilder MapCommand(this IEndpointRouteBuilder routes, string method, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, [method], handler).AcceptsParameters(
        [
            CommonParameters.DryRun,
            CommonParameters.IfMatch,
            .. HttpMethods.IsDelete(method) ? [CommonParameters.Comment] : Array.Empty<RequestParameter>(),
        ]);
}

/// <summary>The codes of a route's problems.</summary>
/// <param name="All">The codes.</param>
internal sealed record ErrorCodes(IReadOnlyList<string> All);

/// <summary>A route that answers bytes.</summary>
/// <param name="Descriptions">What they are, by the answer's status.</param>
internal sealed record ProducedBytes(params IReadOnlyList<(int Status, string Description)> Descriptions);

/// <summary>A route that forwards to a model's server: body and answer are the model's own.</summary>
internal sealed record ForwardedCall;
