using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Versions: reading, changing, deleting.</summary>
internal static class VersionEndpoints
{
    private const int DefaultTimeout = 30;
    private const int MaxTimeout = 60;

    private static readonly RequestParameter Wait =
        RequestParameter.OneOf(
            "wait",
            "Answers as soon as it is so, or can't come so any more, or the time is up: `ready` when serving is ready or failed, `primary` when the version is primary, `stopped` when it is inactive or deleted.",
            EnumNames<WaitTarget>.All);

    private static readonly RequestParameter Timeout = RequestParameter.Number(
        "timeout_seconds", $"With `wait`: the longest wait in seconds, 1 to {MaxTimeout}; {DefaultTimeout} by default.", 1, MaxTimeout);

    private static readonly RequestParameter DrainSeconds = RequestParameter.Number(
        "drain_seconds",
        $"Answers once the calls that were admitted before have ended, after 0 to {CallDrain.MaxDrainSeconds} seconds at the latest. The version is stopped at once.",
        0,
        CallDrain.MaxDrainSeconds);

    /// <summary>Maps the routes.</summary>
    public static void MapVersions(this IEndpointRouteBuilder routes)
    {
        var versions = routes.MapGroup("").WithTags("Versions").DescribePath(PathParameter.Model, PathParameter.Version, new PathParameter("number", "The version's number."));
        versions.MapGet(Routes.OfVersion(), GetVersion)
            .WithName("get_version")
            .RequirePermission(Permission.Read)
            .Lasts(request => Wait.In(request).Count > 0)
            .AcceptsParameters(Wait, Timeout, CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.StateCorrupt);
        versions.MapGet(Routes.OfModel("/versions/{number}"), GetVersionByNumber)
            .WithName("get_version_by_number")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.VersionNotFound, ErrorCode.StateCorrupt);
        versions.MapGet(Routes.OfVersion("/traffic"), GetTraffic)
            .WithName("get_version_traffic")
            .RequirePermission(Permission.Read)
            .AcceptsParameters()
            .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.StateCorrupt);
        versions.MapCommand(HttpMethods.Patch, Routes.OfVersion(), PatchVersion)
            .WithName("patch_version")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors(
                ErrorCode.VersionNotFound,
                ErrorCode.VersionDeleted,
                ErrorCode.RevisionMismatch,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.StateCorrupt);
        versions.MapMethods(Routes.OfVersion(), [HttpMethods.Delete], DeleteVersion)
            .WithName("delete_version")
            .RequirePermission(Permission.Administer)
            .DescribePath(PathParameter.VersionId)
            .AcceptsParameters(
                CommonParameters.PromoteTo,
                CommonParameters.Force,
                CommonParameters.RefuseIfPrimary,
                CommonParameters.RefuseIfReferenced,
                CommonParameters.ReleaseAliases,
                DrainSeconds,
                CommonParameters.Comment,
                CommonParameters.DryRun,
                CommonParameters.IfMatch)
            .ProducesErrors(
                ErrorCode.IdRequired,
                ErrorCode.VersionNotFound,
                ErrorCode.NotRoutable,
                ErrorCode.VersionUnhealthy,
                ErrorCode.IsPrimary,
                ErrorCode.VersionReferenced,
                ErrorCode.AliasProtected,
                ErrorCode.VersionDeleted,
                ErrorCode.RevisionMismatch,
                ErrorCode.StateCorrupt);
    }

    /// <summary>Reads a version, whatever its state.</summary>
    public static async Task<Answer<VersionView>> GetVersion(
        VersionId id, RequestCaller caller, HttpRequest request, VersionWatch watch, VersionHealthReader health, CancellationToken cancellationToken)
    {
        var isWaiting = Wait.In(request).Count > 0;
        var timeout = Timeout.In(request) is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        if (timeout is not null && !isWaiting)
        {
            return RegistryError.Invalid(Timeout.Name, "needs wait");
        }

        var wait = isWaiting && !HttpMethods.IsHead(request.Method) ? TimeSpan.FromSeconds(timeout ?? DefaultTimeout) : TimeSpan.Zero;
        var target = EnumNames<WaitTarget>.TryParse(Wait.ValueIn(request), out var named) ? named : WaitTarget.Ready;
        return await watch.Read(caller.Workspace, id, target, wait, cancellationToken) is { } found
            ? await health.Answer(caller, found, cancellationToken)
            : VersionResolver.NotFound(id.ToString());
    }

    /// <summary>Reads a version by its number, whatever its state.</summary>
    public static async Task<Answer<VersionView>> GetVersionByNumber(
        string model,
        string number,
        RequestCaller caller,
        ModelDirectory directory,
        IRegistryCatalog catalog,
        VersionHealthReader health,
        CancellationToken cancellationToken)
    {
        if (await directory.Read(caller.Workspace, model, cancellationToken) is not { Model.Id: var modelId })
        {
            return ModelDirectory.NotFound(model);
        }

        return await catalog.FindVersion(caller.Workspace, modelId, number, cancellationToken) is { } found
            ? await health.Answer(caller, found, cancellationToken)
            : new RegistryError(ErrorCode.VersionNotFound, $"Model {model} never had a version {number}.");
    }

    /// <summary>Changes a version's description and labels, by JSON merge patch.</summary>
    public static async Task<Answer<VersionView>> PatchVersion(
        CommandReceipt receipt, VersionId id, RequestBody<PatchVersionRequest> body, RequestCaller caller, IGrainFactory grains)
    {
        var command = body.Value.ToCommand(receipt.By(caller, body.Value), body.Fields, id.Ordinal);
        var outcome = await grains.GetModel(caller, id.ModelId).PatchVersion(command);
        return outcome.TryGet(out var answer, out var error) ? Answers.Version(answer.Version, receipt.IsDryRun) : error;
    }

    /// <summary>Deletes a version at once and for ever; the last one takes its model along.</summary>
    /// <remarks>Its id and number stay taken, and its history stays readable.</remarks>
    public static Task<Answer<StopAnswer>> DeleteVersion(
        CommandReceipt receipt, VersionId id, RequestCaller caller, HttpRequest request, IGrainFactory grains, CallDrain drain, CancellationToken cancellationToken)
    {
        var command = new DeleteCommand
        {
            Context = receipt.By(caller),
            Ordinal = id.Ordinal,
            PromoteTo = CommonParameters.PromoteTo.ValueIn(request),
            Force = CommonParameters.Force.In(request) is ["true"],
            RefuseIfPrimary = CommonParameters.RefuseIfPrimary.In(request) is ["true"],
            RefuseIfReferenced = CommonParameters.RefuseIfReferenced.In(request) is ["true"],
            ReleaseAliases = CommonParameters.ReleaseAliases.In(request) is ["true"],
        };
        var drainSeconds = DrainSeconds.In(request) is [var seconds] ? int.Parse(seconds, CultureInfo.InvariantCulture) : (int?)null;
        return drain.Stop(id, command.PromoteTo, drainSeconds, receipt, caller, () => grains.GetModel(caller, id.ModelId).Delete(command), cancellationToken);
    }

    /// <summary>Says whether a version is in use: its calls, added up over all gateways.</summary>
    /// <remarks>The counts of this gateway are complete; other gateways report every second.</remarks>
    public static async Task<Answer<TrafficView>> GetTraffic(
        VersionId id, RequestCaller caller, IRegistryCatalog catalog, TrafficReporter traffic, CancellationToken cancellationToken) =>
        await catalog.FindVersion(caller.Workspace, id, cancellationToken) is not null
            ? await traffic.Read(caller.Workspace, id)
            : VersionResolver.NotFound(id.ToString());
}
