using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Aliases of a model: reading, setting, rolling back, removing.</summary>
internal static class AliasEndpoints
{
    private static readonly RequestParameter From = new("from", "The id of the version that the alias must point to now.");

    private static string[] CommandErrors { get; } =
    [
        ErrorCode.ModelNotFound,
        ErrorCode.AliasMoved,
        ErrorCode.ModelDeleted,
        ErrorCode.RevisionMismatch,
        ErrorCode.StateCorrupt,
    ];

    /// <summary>Maps the routes.</summary>
    public static void MapAliases(this IEndpointRouteBuilder routes)
    {
        var aliases = routes.MapGroup("").WithTags("Aliases")
            .DescribePath(PathParameter.Model, new PathParameter("alias", "The name of the alias, without `@`."));
        aliases.MapGet(Routes.OfModel("/aliases"), ListAliases)
            .WithName("list_aliases")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.ModelDeleted, ErrorCode.StateCorrupt);
        aliases.MapGet(Routes.OfModel("/aliases/{alias}"), GetAlias)
            .WithName("get_alias")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.AliasNotFound, ErrorCode.ModelDeleted, ErrorCode.StateCorrupt);
        aliases.MapCommand(HttpMethods.Put, Routes.OfModel("/aliases/{alias}"), SetAlias)
            .WithName("set_alias")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors(
            [
                .. CommandErrors,
                ErrorCode.AliasNotFound,
                ErrorCode.AliasEmpty,
                ErrorCode.NoPrimary,
                ErrorCode.TooManyAliases,
                ErrorCode.VersionNotFound,
                ErrorCode.VersionInactive,
                ErrorCode.NotRoutable,
                ErrorCode.VersionDeleted,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
            ]);
        aliases.MapCommand(HttpMethods.Post, Routes.OfModel("/aliases/{alias}/rollback"), RollbackAlias)
            .WithName("rollback_alias")
            .RequirePermission(Permission.Deploy)
            .ProducesErrors(
            [
                .. CommandErrors,
                ErrorCode.AliasNotFound,
                ErrorCode.NoPreviousTarget,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
            ]);
        aliases.MapCommand(HttpMethods.Delete, Routes.OfModel("/aliases/{alias}"), RemoveAlias)
            .WithName("remove_alias")
            .RequirePermission(Permission.Deploy)
            .AcceptsParameters(From, CommonParameters.Comment, CommonParameters.DryRun, CommonParameters.IfMatch)
            .ProducesErrors([.. CommandErrors, ErrorCode.AliasNotFound]);
    }

    /// <summary>Lists the aliases of a model, in the order of their names.</summary>
    public static async Task<Answer<AliasList>> ListAliases(
        string model, RequestCaller caller, ModelDirectory directory, CancellationToken cancellationToken) =>
        (await ReadModel(model, caller, directory, cancellationToken)).TryGet(out var found, out var error)
            ? Answer<AliasList>.Of(new AliasList(found.Aliases), found.Etag)
            : error;

    /// <summary>Reads an alias.</summary>
    /// <remarks>The entity tag is the model's.</remarks>
    public static async Task<Answer<AliasView>> GetAlias(
        string model, string alias, RequestCaller caller, ModelDirectory directory, CancellationToken cancellationToken)
    {
        if (!(await ReadModel(model, caller, directory, cancellationToken)).TryGet(out var found, out var error))
        {
            return error;
        }

        return found.Aliases.FirstOrDefault(view => view.Name == alias) is { } shown
            ? Answer<AliasView>.Of(shown, found.Etag)
            : new RegistryError(ErrorCode.AliasNotFound, $"Model {found.Name} has no alias @{alias}.");
    }

    /// <summary>Points an alias to a version that is routable; an alias that does not exist is made.</summary>
    /// <remarks>
    /// The version is found in the command's own turn: with <c>@staging</c> nothing comes between reading and setting.
    /// Repeat it with <c>from</c>.
    /// </remarks>
    public static Task<Answer<AliasAnswer>> SetAlias(
        CommandReceipt receipt,
        string model,
        string alias,
        RequestBody<SetAliasRequest> body,
        RequestCaller caller,
        ModelDirectory directory,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var command = body.Value.ToCommand(receipt.By(caller, body.Value), body.Fields, alias);
        return CommandValidation.Validate(command) is { IsEmpty: false } problems
            ? Task.FromResult<Answer<AliasAnswer>>(RegistryError.Invalid(problems.AsSpan()))
            : On(receipt, model, caller, directory, command.From, id => grains.GetModel(caller, id).SetAlias(command), cancellationToken);
    }

    /// <summary>Points an alias to the version before the present one that is still routable.</summary>
    public static Task<Answer<AliasAnswer>> RollbackAlias(
        CommandReceipt receipt,
        string model,
        string alias,
        RequestBody<RollbackAliasRequest> body,
        RequestCaller caller,
        ModelDirectory directory,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var command = new RollbackAliasCommand
        {
            Context = receipt.By(caller, body.Value),
            Name = alias,
            From = body.Fields.Optional("from", body.Value.From),
        };
        return On(receipt, model, caller, directory, command.From, id => grains.GetModel(caller, id).RollbackAlias(command), cancellationToken);
    }

    /// <summary>Removes an alias, and the claims to it; its name may be used again.</summary>
    public static Task<Answer<AliasAnswer>> RemoveAlias(
        CommandReceipt receipt,
        string model,
        string alias,
        RequestCaller caller,
        HttpRequest request,
        ModelDirectory directory,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var command = new RemoveAliasCommand
        {
            Context = receipt.By(caller),
            Name = alias,
            From = From.ValueIn(request) is { } from ? from : default(Optional<string>),
        };
        return On(receipt, model, caller, directory, command.From, id => grains.GetModel(caller, id).RemoveAlias(command), cancellationToken);
    }

    private static async Task<Outcome<ModelView>> ReadModel(
        string model, RequestCaller caller, ModelDirectory directory, CancellationToken cancellationToken) =>
        await directory.Read(caller.Workspace, model, cancellationToken) switch
        {
            null => ModelDirectory.NotFound(model),
            { DeletedAt: null, Model: var found } => found,
            _ => new RegistryError(ErrorCode.ModelDeleted, $"Model {model} is deleted."),
        };

    private static async Task<Answer<AliasAnswer>> On(
        CommandReceipt receipt,
        string model,
        RequestCaller caller,
        ModelDirectory directory,
        Optional<string> from,
        Func<string, Task<Outcome<AliasAnswer>>> command,
        CancellationToken cancellationToken)
    {
        var outcome = await directory.Ask(
            caller.Workspace,
            model,
            async id => VersionReference.Problem(from.Value, id) is { } problem ? RegistryError.Invalid("from", problem) : await command(id),
            cancellationToken);
        return outcome.TryGet(out var answer, out var error)
            ? Answer<AliasAnswer>.Of(answer, EntityTag.OfRevision(answer.Revision), receipt.IsDryRun)
            : error;
    }
}

/// <summary>The aliases of a model.</summary>
/// <param name="Items">All of them, in the order of their names.</param>
internal sealed record AliasList(IReadOnlyList<AliasView> Items);
