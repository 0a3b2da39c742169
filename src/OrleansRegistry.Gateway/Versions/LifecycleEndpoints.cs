using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The life of a version: publish, promote, activate, deactivate.</summary>
internal static class LifecycleEndpoints
{
    /// <summary>Maps the routes.</summary>
    public static void MapLifecycle(this IEndpointRouteBuilder routes)
    {
        var lifecycle = routes.MapGroup("").WithTags("Lifecycle").DescribePath(PathParameter.Version);
        lifecycle.MapCommand(HttpMethods.Post, Routes.OfVersion("/publish"), Publish)
            .WithName("publish")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors([.. Common, ErrorCode.VersionInactive, ErrorCode.PrimaryMoved, ErrorCode.VersionUnhealthy, ErrorCode.TooManyAliases]);
        lifecycle.MapCommand(HttpMethods.Post, Routes.OfVersion("/promote"), Promote)
            .WithName("promote")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors([.. Common, ErrorCode.NotRoutable, ErrorCode.VersionInactive, ErrorCode.PrimaryMoved, ErrorCode.VersionUnhealthy]);
        lifecycle.MapCommand(HttpMethods.Post, Routes.OfVersion("/activate"), Activate)
            .WithName("activate")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors([
                .. Common,
                ErrorCode.VersionActive,
                ErrorCode.TooManyActiveVersions,
                ErrorCode.QuotaExceeded,
                ErrorCode.ArtifactNotFound,
                ErrorCode.RuntimeOff,
                ErrorCode.NoEnvironment,
                ErrorCode.NoCapacity,
            ]);
        lifecycle.MapCommand(HttpMethods.Post, Routes.OfVersion("/deactivate"), Deactivate)
            .WithName("deactivate")
            .RequirePermission(Permission.Deploy)
            .DescribePath(PathParameter.VersionId)
            .ProducesErrors([.. Common, ErrorCode.IdRequired, ErrorCode.NotRoutable, ErrorCode.VersionUnhealthy, ErrorCode.IsPrimary, ErrorCode.VersionReferenced]);
    }

    private static IReadOnlyList<string> Common { get; } =
    [
        ErrorCode.VersionNotFound,
        ErrorCode.VersionDeleted,
        ErrorCode.RevisionMismatch,
        ErrorCode.PayloadTooLarge,
        ErrorCode.UnsupportedMediaType,
        ErrorCode.StateCorrupt,
    ];

    /// <summary>Publishes a draft.</summary>
    public static Task<Answer<CommandAnswer>> Publish(
        CommandReceipt receipt, VersionId id, RequestBody<PublishRequest> body, RequestCaller caller, IGrainFactory grains) =>
        On(receipt, id, caller, grains, model =>
            VersionReference.Problem(body.Value.From, id.ModelId) is { } problem
                ? Refusal("from", problem)
                : model.Publish(body.Value.ToCommand(receipt.By(caller, body.Value), body.Fields, id.Ordinal)));

    /// <summary>Makes a routable version primary: it answers every call that names no version.</summary>
    public static Task<Answer<CommandAnswer>> Promote(
        CommandReceipt receipt, VersionId id, RequestBody<PromoteRequest> body, RequestCaller caller, IGrainFactory grains) =>
        On(receipt, id, caller, grains, model =>
            VersionReference.Problem(body.Value.From, id.ModelId) is { } problem
                ? Refusal("from", problem)
                : model.Promote(new PromoteCommand
                {
                    Context = receipt.By(caller, body.Value),
                    Ordinal = id.Ordinal,
                    From = body.Fields.Optional("from", body.Value.From),
                    Force = body.Value.Force,
                }));

    /// <summary>Brings an inactive version back to its stage, or starts a failed one again.</summary>
    public static Task<Answer<CommandAnswer>> Activate(
        CommandReceipt receipt, VersionId id, RequestBody<ActivateRequest> body, RequestCaller caller, IGrainFactory grains) =>
        On(receipt, id, caller, grains, model =>
            model.Activate(body.Value.ToCommand(receipt.By(caller, body.Value), id.Ordinal)));

    /// <summary>Takes a version out of routing at once.</summary>
    public static Task<Answer<StopAnswer>> Deactivate(
        CommandReceipt receipt,
        VersionId id,
        RequestBody<DeactivateRequest> body,
        RequestCaller caller,
        IGrainFactory grains,
        CallDrain drain,
        CancellationToken cancellationToken)
    {
        var command = new DeactivateCommand
        {
            Context = receipt.By(caller, body.Value),
            Ordinal = id.Ordinal,
            PromoteTo = body.Value.PromoteTo,
            Force = body.Value.Force,
            RefuseIfPrimary = body.Value.RefuseIfPrimary,
            RefuseIfReferenced = body.Value.RefuseIfReferenced,
        };
        return drain.Stop(
            id, command.PromoteTo, body.Value.DrainSeconds, receipt, caller, () => grains.GetModel(caller, id.ModelId).Deactivate(command), cancellationToken);
    }

    private static async Task<Answer<CommandAnswer>> On(
        CommandReceipt receipt, VersionId id, RequestCaller caller, IGrainFactory grains, Func<IModelGrain, Task<Outcome<CommandAnswer>>> command) =>
        Answers.Command(await command(grains.GetModel(caller, id.ModelId)), receipt);

    private static Task<Outcome<CommandAnswer>> Refusal(string field, string problem) =>
        Task.FromResult<Outcome<CommandAnswer>>(RegistryError.Invalid(field, problem));
}
