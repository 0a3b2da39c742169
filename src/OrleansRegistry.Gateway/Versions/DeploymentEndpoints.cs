using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Deploying.</summary>
internal static class DeploymentEndpoints
{
    /// <summary>Maps the route.</summary>
    public static void MapDeployments(this IEndpointRouteBuilder routes) => routes.MapPost("model_versions", Deploy)
        .WithName("deploy")
        .RequirePermission(Permission.Deploy)
        .WithTags("Versions")
        .AcceptsParameters(CommonParameters.DryRun, CommonParameters.IdempotencyKey)
        .ProducesCreated<VersionView>()
        .ProducesErrors(
            ErrorCode.ArtifactNotFound,
            ErrorCode.RuntimeOff,
            ErrorCode.NoEnvironment,
            ErrorCode.NoCapacity,
            ErrorCode.VersionExists,
            ErrorCode.TooManyActiveVersions,
            ErrorCode.QuotaExceeded,
            ErrorCode.TooManyAliases,
            ErrorCode.PayloadTooLarge,
            ErrorCode.UnsupportedMediaType,
            ErrorCode.IdempotencyKeyReused,
            ErrorCode.StateCorrupt);

    /// <summary>Deploys a new version of a model.</summary>
    /// <remarks>
    /// Every deployment under a name that exists makes a new version of that model; a new name makes a model.
    /// <c>version_bump</c> is read in any case.
    /// </remarks>
    public static async Task<Answer<VersionView>> Deploy(
        CommandReceipt receipt,
        RequestBody<DeployRequest> body,
        RequestCaller caller,
        HttpRequest request,
        Deployer deployer,
        CancellationToken cancellationToken)
    {
        var deployment = body.Value.Deployment with { IdempotencyKey = CommonParameters.IdempotencyKey.ValueIn(request) };
        return (await deployer.Deploy(caller.Workspace, DeployCommand.Of(receipt.By(caller), deployment), cancellationToken)).TryGet(out var answer, out var error)
            ? Answer<VersionView>.Of(
                answer.Version,
                answer.Version.Etag,
                receipt.IsDryRun,
                answer.Replayed,
                receipt.IsDryRun ? null : $"/v1/model_versions/{answer.Version.Id}")
            : error;
    }
}
