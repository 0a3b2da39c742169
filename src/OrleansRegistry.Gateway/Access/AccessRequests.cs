using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>Makes an API key.</summary>
internal sealed class CreateApiKeyRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "name": "ci", "role": "deployer" }""";

    /// <summary>Its purpose, 1 to 128 characters.</summary>
    [JsonRequired]
    public string Name { get; set; } = "";

    /// <summary>Its role: at most the caller's own.</summary>
    [JsonRequired]
    public Role Role { get; set; }

    /// <summary>The workspace it acts in; left out for the caller's own. Only an operator names another.</summary>
    public string? Workspace { get; set; }

    /// <summary>The only models that it may call, by id or name, at least one; only for the role invoker. Left out or null for all.</summary>
    public IReadOnlyList<string>? Models { get; set; }

    /// <summary>From when on it is not taken any more; null for never. Left out, it is what <c>Registry__Auth__DefaultKeyDays</c> says: never, unless that is set.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
    [
        .. CommandValidation.Validate(ToCommand(fields.Unsent, Workspace ?? GrainKeys.DefaultWorkspace, [], [.. Models ?? []]), fields.Now),
        .. Limiting.Problems("models", Models),
        .. (Models ?? []).Index().SelectMany(model => Limiting.ModelProblems($"models[{model.Index}]", model.Item)),
    ];

    internal CreateApiKeyCommand ToCommand(CommandContext context, string workspace, ImmutableArray<byte> hash, ImmutableArray<string> modelIds) => new()
    {
        Context = context,
        Hash = hash,
        Name = Name,
        Workspace = workspace,
        Role = Role,
        ModelIds = modelIds,
        ExpiresAt = ExpiresAt,
    };
}

/// <summary>Puts a new API key in the place of one.</summary>
internal sealed class RotateApiKeyRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>How long the old key goes on to count, in seconds: 0 to 2,592,000; a day by default.</summary>
    public int OverlapSeconds { get; set; } = RotateApiKeyCommand.DefaultOverlapSeconds;

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => CommandValidation.Validate(ToCommand(fields.Unsent, null, Role.Operator, "", []));

    internal RotateApiKeyCommand ToCommand(CommandContext context, string? workspace, Role maxRole, string newPrefix, ImmutableArray<byte> newHash) => new()
    {
        Context = context,
        Workspace = workspace,
        MaxRole = maxRole,
        NewPrefix = newPrefix,
        NewHash = newHash,
        OverlapSeconds = OverlapSeconds,
    };
}

/// <summary>Makes a workspace.</summary>
internal sealed class CreateWorkspaceRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "name": "vision", "description": "The vision team" }""";

    /// <summary>Its name: 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit.</summary>
    [JsonRequired]
    public string Name { get; set; } = "";

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => CommandValidation.Validate(Name, ToCommand(fields.Unsent));

    internal CreateWorkspaceCommand ToCommand(CommandContext context) => new() { Context = context, Description = Description };
}

/// <summary>An API key that was just made. The key itself is shown only this once.</summary>
/// <param name="Key">The key, to be sent as <c>Authorization: Bearer …</c>.</param>
/// <param name="ApiKey">The key as lists show it: without its secret.</param>
internal sealed record CreatedApiKey(string Key, ApiKeyView ApiKey) : IShownSecret;
