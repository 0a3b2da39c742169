using System.Text.Json.Serialization;

namespace OrleansRegistry.Gateway;

/// <summary>Points an alias to a version.</summary>
internal sealed class SetAliasRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "version": "0.1.0" }""";

    /// <summary>The version: its number, its id, <c>@</c> and the name of another alias, or <c>@primary</c>. No range.</summary>
    [JsonRequired]
    public string Version { get; set; } = "";

    /// <summary>The id of the version that the alias must point to now, or null for none.</summary>
    public string? From { get; set; }

    /// <summary>Whether only an admin moves the alias from now on; only an admin changes it.</summary>
    public bool? Protected { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
        FieldRules.AliasTarget(Version) is { } problem ? [new FieldError("version", problem)] : [];

    internal SetAliasCommand ToCommand(CommandContext context, RequestFields fields, string name) => new()
    {
        Context = context,
        Name = name,
        Version = Version,
        From = fields.Optional("from", From),
        Protected = Protected,
    };
}

/// <summary>Points an alias to the version before.</summary>
internal sealed class RollbackAliasRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>The id of the version that the alias must point to now, or null for none.</summary>
    public string? From { get; set; }
}
