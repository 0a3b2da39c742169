using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Access;

namespace OrleansRegistry.Gateway;

/// <summary>API keys and workspaces.</summary>
internal static class AccessEndpoints
{
    private const string Keys = "api_keys";
    private const string Workspaces = "workspaces";

    private static readonly RequestParameter Workspace =
        new("workspace", "The workspace whose keys are listed; the caller's own by default. Only an operator names another.")
        {
            Problem = FieldRules.Workspace,
        };

    /// <summary>Maps the routes.</summary>
    public static void MapAccess(this IEndpointRouteBuilder routes)
    {
        var access = routes.MapGroup("").WithTags("Access").DescribePath(new PathParameter("prefix", "The prefix of the key: the part behind `ork_`."));
        access.MapGet(Keys, ListApiKeys)
            .WithName("list_api_keys")
            .RequirePermission(Permission.Administer)
            .AcceptsParameters(Workspace, CommonParameters.PageSize, CommonParameters.PageToken)
            .ProducesErrors(ErrorCode.WorkspaceNotFound);
        access.MapPost(Keys, CreateApiKey)
            .WithName("create_api_key")
            .RequirePermission(Permission.Administer)
            .AcceptsParameters()
            .ProducesCreated<CreatedApiKey>()
            .ProducesErrors(
                ErrorCode.ModelNotFound,
                ErrorCode.WorkspaceNotFound,
                ErrorCode.QuotaExceeded,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.StateCorrupt);
        access.MapPost(Keys + "/{prefix}/rotate", RotateApiKey)
            .WithName("rotate_api_key")
            .RequirePermission(Permission.Administer)
            .AcceptsParameters()
            .ProducesCreated<CreatedApiKey>()
            .ProducesErrors(
                ErrorCode.ApiKeyNotFound,
                ErrorCode.ApiKeyEnded,
                ErrorCode.QuotaExceeded,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.StateCorrupt);
        access.MapDelete(Keys + "/{prefix}", RevokeApiKey)
            .WithName("revoke_api_key")
            .RequirePermission(Permission.Administer)
            .AcceptsParameters(CommonParameters.Comment)
            .ProducesErrors(ErrorCode.ApiKeyNotFound, ErrorCode.StateCorrupt);
        access.MapGet(Workspaces, ListWorkspaces)
            .WithName("list_workspaces")
            .RequirePermission(Permission.Operate)
            .AcceptsParameters(CommonParameters.PageSize, CommonParameters.PageToken);
        access.MapPost(Workspaces, CreateWorkspace)
            .WithName("create_workspace")
            .RequirePermission(Permission.Operate)
            .AcceptsParameters()
            .ProducesCreated<WorkspaceView>()
            .ProducesErrors(ErrorCode.WorkspaceExists, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.StateCorrupt);
    }

    /// <summary>Lists API keys, oldest first, without their secrets; also those that are revoked or expired.</summary>
    public static async Task<Answer<Page<ApiKeyView>>> ListApiKeys(
        RequestCaller caller, HttpRequest request, IAccessCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken)
    {
        var named = Workspace.ValueIn(request);
        if (named is not null && (IsForeign(caller, named) || !await catalog.HasWorkspace(named, cancellationToken)))
        {
            return NoWorkspace(named);
        }

        var workspace = named ?? caller.Workspace;
        var tokens = pageTokens.For(workspace, ["api_keys"]);
        ApiKeyCursor? after = null;
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 2, out var cursor) || !PageToken.TryParseInstant(cursor[0], out var createdAt))
            {
                return PageToken.Refusal();
            }

            after = new ApiKeyCursor(createdAt, cursor[1]);
        }

        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            await catalog.ListKeys(workspace, after, size + 1, cancellationToken),
            size,
            last => tokens.Encode(PageToken.Text(last.CreatedAt), last.Prefix));
    }

    /// <summary>Makes an API key, and answers it. It is shown only this once.</summary>
    public static async Task<Answer<CreatedApiKey>> CreateApiKey(
        CommandReceipt receipt,
        RequestBody<CreateApiKeyRequest> body,
        RequestCaller caller,
        HttpResponse response,
        ModelDirectory directory,
        AccessSecret secret,
        AccessOptions options,
        KeyQuota quota,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        if (IsForeign(caller, body.Value.Workspace))
        {
            return NoWorkspace(body.Value.Workspace!);
        }

        if (body.Value.Role > caller.Role)
        {
            return new RegistryError(ErrorCode.Forbidden, $"A key of role {EnumNames<Role>.Of(body.Value.Role)} can be made by that role and higher ones only.");
        }

        var workspace = body.Value.Workspace ?? caller.Workspace;
        var models = ImmutableArray.CreateBuilder<string>();
        foreach (var named in body.Value.Models ?? [])
        {
            if (await directory.Read(workspace, named, cancellationToken) is not { DeletedAt: null, Model.Id: var id })
            {
                return ModelDirectory.NotFound(named);
            }

            models.Add(id);
        }

        var key = ApiKey.Create();
        var command = body.Value.ToCommand(receipt.By(caller, body.Value), workspace, secret.HashKey(key), [.. models.Distinct(StringComparer.Ordinal)]);
        command = command with { HashSecret = secret.Fingerprint };
        if (!body.Fields.Optional("expires_at", body.Value.ExpiresAt).IsSet && options.DefaultKeyDays > 0)
        {
            command = command with { ExpiresAt = body.Fields.Now.AddDays(options.DefaultKeyDays) };
        }

        return await quota.Refusal(workspace, cancellationToken) is { } full
            ? full
            : Created(key, await Grain(grains, PrefixOf(key)).Create(command), response);
    }

    /// <summary>Makes a new API key of the same name, role, models and lifetime, and answers it. It is shown only this once.</summary>
    /// <remarks>The old key goes on to count for the overlap, and then ends.</remarks>
    public static async Task<Answer<CreatedApiKey>> RotateApiKey(
        CommandReceipt receipt,
        string prefix,
        RequestBody<RotateApiKeyRequest> body,
        RequestCaller caller,
        HttpResponse response,
        AccessSecret secret,
        KeyQuota quota,
        IAccessCatalog catalog,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var key = ApiKey.Create();
        var command = body.Value.ToCommand(receipt.By(caller, body.Value), Reach(caller), caller.Role, PrefixOf(key), secret.HashKey(key)) with { NewHashSecret = secret.Fingerprint };
        if (!ApiKey.IsPrefix(prefix) || await catalog.FindKey(prefix, cancellationToken) is not { Key.Workspace: var workspace } || IsForeign(caller, workspace))
        {
            return NoKey(prefix);
        }

        return await quota.Refusal(workspace, cancellationToken) is { } full
            ? full
            : Created(key, await Grain(grains, prefix).Rotate(command), response);
    }

    /// <summary>Revokes an API key. Once this has answered, no gateway takes it any more.</summary>
    public static async Task<Answer<ApiKeyView>> RevokeApiKey(CommandReceipt receipt, string prefix, RequestCaller caller, IGrainFactory grains)
    {
        if (!ApiKey.IsPrefix(prefix))
        {
            return NoKey(prefix);
        }

        var outcome = await Grain(grains, prefix).Revoke(new RevokeApiKeyCommand
        {
            Context = receipt.By(caller),
            Workspace = Reach(caller),
            MaxRole = caller.Role,
        });
        return outcome.TryGet(out var revoked, out var error) ? revoked : error;
    }

    /// <summary>Lists the workspaces, by name.</summary>
    public static async Task<Answer<Page<WorkspaceView>>> ListWorkspaces(
        RequestCaller caller, HttpRequest request, IAccessCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken)
    {
        var tokens = pageTokens.For(caller.Workspace, ["workspaces"]);
        string[]? after = null;
        if (CommonParameters.PageToken.ValueIn(request) is { } token && !tokens.TryDecode(token, 1, out after))
        {
            return PageToken.Refusal();
        }

        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            await catalog.ListWorkspaces(after?[0], size + 1, cancellationToken),
            size,
            last => tokens.Encode(last.Name));
    }

    /// <summary>Makes a workspace. Its first key is made with <c>POST /v1/api_keys</c>, which names it.</summary>
    public static async Task<Answer<WorkspaceView>> CreateWorkspace(
        CommandReceipt receipt, RequestBody<CreateWorkspaceRequest> body, RequestCaller caller, IGrainFactory grains)
    {
        var outcome = await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(body.Value.Name)).Create(body.Value.ToCommand(receipt.By(caller, body.Value)));
        return outcome.TryGet(out var made, out var error) ? Answer<WorkspaceView>.Of(made, location: $"/v1/{Workspaces}/{made.Name}") : error;
    }

    private static Answer<CreatedApiKey> Created(string key, Outcome<ApiKeyView> outcome, HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        return outcome.TryGet(out var made, out var error)
            ? Answer<CreatedApiKey>.Of(new CreatedApiKey(key, made), location: $"/v1/{Keys}/{made.Prefix}")
            : error;
    }

    private static string PrefixOf(string key) => ApiKey.TryParse(key, out var prefix) ? prefix : throw new ArgumentException("This is no key.", nameof(key));

    /// <summary>The only workspace whose keys a caller changes, or null for all.</summary>
    private static string? Reach(RequestCaller caller) => caller.Role.Allows(Permission.Operate) ? null : caller.Workspace;

    private static RegistryError NoKey(string prefix) => new(ErrorCode.ApiKeyNotFound, $"There is no API key '{prefix}'.");

    private static bool IsForeign(RequestCaller caller, string? workspace) =>
        workspace is not null && workspace != caller.Workspace && !caller.Role.Allows(Permission.Operate);

    private static RegistryError NoWorkspace(string name) => new(ErrorCode.WorkspaceNotFound, $"There is no workspace '{name}'.");

    private static IApiKeyGrain Grain(IGrainFactory grains, string prefix) => grains.GetGrain<IApiKeyGrain>(GrainKeys.ApiKey(prefix));
}
