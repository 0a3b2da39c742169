using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Models: reading, changing, deleting, rolling back.</summary>
internal static class ModelEndpoints
{
    /// <summary>Maps the routes.</summary>
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("").WithTags("Models").DescribePath(PathParameter.Model);
        models.MapGet(Routes.OfModel(), GetModel)
            .WithName("get_model")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.ModelDeleted, ErrorCode.StateCorrupt);
        models.MapCommand(HttpMethods.Patch, Routes.OfModel(), PatchModel)
            .WithName("patch_model")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors(
                ErrorCode.ModelNotFound,
                ErrorCode.ModelDeleted,
                ErrorCode.RevisionMismatch,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.StateCorrupt);
        models.MapCommand(HttpMethods.Delete, Routes.OfModel(), DeleteModel)
            .WithName("delete_model")
            .RequirePermission(Permission.Administer)
            .AcceptsParameters(CommonParameters.ReleaseAliases, CommonParameters.Comment, CommonParameters.DryRun, CommonParameters.IfMatch)
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.AliasProtected, ErrorCode.ModelDeleted, ErrorCode.RevisionMismatch, ErrorCode.StateCorrupt);
        models.MapCommand(HttpMethods.Post, Routes.OfModel("/rollback"), Rollback)
            .WithName("rollback")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors(
                ErrorCode.ModelNotFound,
                ErrorCode.PrimaryMoved,
                ErrorCode.NoPreviousPrimary,
                ErrorCode.VersionUnhealthy,
                ErrorCode.ModelDeleted,
                ErrorCode.RevisionMismatch,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.StateCorrupt);
    }

    /// <summary>Reads a model.</summary>
    public static async Task<Answer<ModelView>> GetModel(
        string model, RequestCaller caller, ModelDirectory directory, CancellationToken cancellationToken) =>
        await directory.Read(caller.Workspace, model, cancellationToken) switch
        {
            null => ModelDirectory.NotFound(model),
            { DeletedAt: null, Model: var found } => Answers.Model(found),
            _ => new RegistryError(ErrorCode.ModelDeleted, $"Model {model} is deleted."),
        };

    /// <summary>
    /// Changes a model's description, labels, primary policy, protection, and what happens while its primary is unhealthy,
    /// by JSON merge patch.
    /// </summary>
    public static async Task<Answer<ModelView>> PatchModel(
        CommandReceipt receipt,
        string model,
        RequestBody<PatchModelRequest> body,
        RequestCaller caller,
        ModelDirectory directory,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var command = body.Value.ToCommand(receipt.By(caller, body.Value), body.Fields);
        var outcome = await directory.Ask(caller.Workspace, model, id => grains.GetModel(caller, id).PatchModel(command), cancellationToken);
        return outcome.TryGet(out var patched, out var error) ? Answers.Model(patched, receipt.IsDryRun) : error;
    }

    /// <summary>Deletes a model and all its versions.</summary>
    public static async Task<Answer<DeletedModel>> DeleteModel(
        CommandReceipt receipt,
        string model,
        RequestCaller caller,
        HttpRequest request,
        IRegistryCatalog catalog,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        if (!ModelId.IsWellFormed(model))
        {
            return RegistryError.Invalid("model", "must be the id of a model; a name is not accepted here");
        }

        if (await catalog.FindModel(caller.Workspace, model, cancellationToken) is null)
        {
            return ModelDirectory.NotFound(model);
        }

        var outcome = await grains.GetModel(caller, model).DeleteModel(new DeleteModelCommand
        {
            Context = receipt.By(caller),
            ReleaseAliases = CommonParameters.ReleaseAliases.In(request) is ["true"],
        });
        return outcome.TryGet(out var deleted, out var error)
            ? Answer<DeletedModel>.Of(new DeletedModel(deleted.Id), isDryRun: receipt.IsDryRun)
            : error;
    }

    /// <summary>Makes the previous primary that is still routable primary again.</summary>
    public static async Task<Answer<CommandAnswer>> Rollback(
        CommandReceipt receipt,
        string model,
        RequestBody<RollbackRequest> body,
        RequestCaller caller,
        ModelDirectory directory,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var command = new RollbackCommand
        {
            Context = receipt.By(caller, body.Value),
            From = body.Fields.Optional("from", body.Value.From),
            Force = body.Value.Force,
        };
        return Answers.Command(
            await directory.Ask(
                caller.Workspace,
                model,
                async id => VersionReference.Problem(command.From.Value, id) is { } problem
                    ? RegistryError.Invalid("from", problem)
                    : await grains.GetModel(caller, id).Rollback(command),
                cancellationToken),
            receipt);
    }
}
