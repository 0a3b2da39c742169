using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>API keys and workspaces.</summary>
public static class AccessEndpoints
{
    private const string Keys = "api_keys";
    private const string Workspaces = "workspaces";

    private static readonly RequestParameter Workspace = new("workspace", "The workspace whose keys are listed; the caller's own by default. Only an operator names another.");

    /// <summary>Maps the routes.</summary>
    public static void MapAccess(this IEndpointRouteBuilder routes)
    {
        var access = routes.MapGroup("").WithTags("Access");
        access.MapGet(Keys, ListApiKeys)
            .WithName("list_api_keys")
            .Needs(Permission.Administer)
            .Reads(Workspace)
            .Refuses(ErrorCode.WorkspaceNotFound);
        access.MapPost(Keys, CreateApiKey)
            .WithName("create_api_key")
            .Needs(Permission.Administer)
            .Reads()
            .Creates<CreatedApiKey>()
            .Refuses(ErrorCode.ModelNotFound, ErrorCode.WorkspaceNotFound, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.StateCorrupt);
        access.MapDelete(Keys + "/{prefix}", RevokeApiKey)
            .WithName("revoke_api_key")
            .Needs(Permission.Administer)
            .Reads()
            .Refuses(ErrorCode.ApiKeyNotFound, ErrorCode.StateCorrupt);
        access.MapGet(Workspaces, ListWorkspaces).WithName("list_workspaces").Needs(Permission.Operate).Reads();
        access.MapPost(Workspaces, CreateWorkspace)
            .WithName("create_workspace")
            .Needs(Permission.Operate)
            .Reads()
            .Creates<WorkspaceView>()
            .Refuses(ErrorCode.WorkspaceExists, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.StateCorrupt);
    }

    /// <summary>Lists API keys, oldest first, without their secrets; also those that are revoked or expired. All on one page.</summary>
    public static async Task<Answer<Page<ApiKeyView>>> ListApiKeys(
        RequestCaller caller, HttpRequest request, IAccessCatalog catalog, CancellationToken cancellationToken)
    {
        var workspace = ListEndpoints.Single(Workspace, request);
        return IsForeign(caller, workspace)
            ? NoWorkspace(workspace!)
            : new Page<ApiKeyView>(await catalog.ListKeys(workspace ?? caller.Workspace, cancellationToken), null);
    }

    /// <summary>Makes an API key, and answers it. It is shown only this once.</summary>
    public static async Task<Answer<CreatedApiKey>> CreateApiKey(
        CommandReceipt receipt,
        RequestBody<CreateApiKeyRequest> body,
        RequestCaller caller,
        HttpResponse response,
        ModelLookup lookup,
        AccessSecret secret,
        IGrainFactory grains,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (IsForeign(caller, body.Value.Workspace))
        {
            return NoWorkspace(body.Value.Workspace!);
        }

        if (body.Value.Role > caller.Role)
        {
            return new RegistryError(ErrorCode.Forbidden, $"A key of role {EnumNames<Role>.Of(body.Value.Role)} is made by its own role and those above it.");
        }

        var workspace = body.Value.Workspace ?? caller.Workspace;
        var models = ImmutableArray.CreateBuilder<string>();
        foreach (var named in body.Value.Models ?? [])
        {
            if (await lookup.Read(workspace, named, cancellationToken) is not { DeletedAt: null, Model.Id: var id })
            {
                return ModelLookup.NotFound(named);
            }

            models.Add(id);
        }

        var key = ApiKey.Create();
        var command = new CreateApiKeyCommand
        {
            Context = receipt.By(caller),
            Hash = secret.HashKey(key),
            Name = body.Value.Name,
            Workspace = workspace,
            Role = body.Value.Role,
            ModelIds = [.. models.Distinct(StringComparer.Ordinal)],
            ExpiresAt = body.Value.ExpiresAt,
        };
        if (Answers.Refusal(CommandValidation.Validate(command, clock.GetUtcNow())) is { } refusal)
        {
            return refusal;
        }

        response.Headers.CacheControl = "no-store";
        var prefix = ApiKey.TryParse(key, out var drawn) ? drawn : "";
        return (await Grain(grains, prefix).Create(command)).TryGet(out var made, out var error)
            ? Answer<CreatedApiKey>.Of(new CreatedApiKey(key, made), location: $"/v1/{Keys}/{prefix}")
            : error;
    }

    /// <summary>Revokes an API key. Once this has answered, no gateway takes it any more.</summary>
    public static async Task<Answer<ApiKeyView>> RevokeApiKey(CommandReceipt receipt, string prefix, RequestCaller caller, IGrainFactory grains)
    {
        if (!ApiKey.IsPrefix(prefix))
        {
            return new RegistryError(ErrorCode.ApiKeyNotFound, $"There is no API key '{prefix}'.");
        }

        var outcome = await Grain(grains, prefix).Revoke(new RevokeApiKeyCommand
        {
            Context = receipt.By(caller),
            Workspace = caller.Role.Allows(Permission.Operate) ? null : caller.Workspace,
            MostRole = caller.Role,
        });
        return outcome.TryGet(out var revoked, out var error) ? revoked : error;
    }

    /// <summary>Lists the workspaces, by name; all on one page.</summary>
    public static async Task<Answer<Page<WorkspaceView>>> ListWorkspaces(IAccessCatalog catalog, CancellationToken cancellationToken) =>
        new Page<WorkspaceView>(await catalog.ListWorkspaces(cancellationToken), null);

    /// <summary>Makes a workspace. Its first key is made with <c>POST /v1/api_keys</c>, which names it.</summary>
    public static async Task<Answer<WorkspaceView>> CreateWorkspace(
        CommandReceipt receipt, RequestBody<CreateWorkspaceRequest> body, RequestCaller caller, IGrainFactory grains)
    {
        var command = new CreateWorkspaceCommand { Context = receipt.By(caller), Description = body.Value.Description };
        if (Answers.Refusal(CommandValidation.Validate(body.Value.Name, command)) is { } refusal)
        {
            return refusal;
        }

        var outcome = await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(body.Value.Name)).Create(command);
        return outcome.TryGet(out var made, out var error) ? Answer<WorkspaceView>.Of(made, location: $"/v1/{Workspaces}/{made.Name}") : error;
    }

    private static bool IsForeign(RequestCaller caller, string? workspace) =>
        workspace is not null && workspace != caller.Workspace && !caller.Role.Allows(Permission.Operate);

    private static RegistryError NoWorkspace(string name) => new(ErrorCode.WorkspaceNotFound, $"There is no workspace '{name}'.");

    private static IApiKeyGrain Grain(IGrainFactory grains, string prefix) => grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(prefix));
}
