namespace OrleansRegistry.Gateway;

/// <summary>Goes back to the previous primary.</summary>
internal sealed class RollbackRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>The id of the version that must be primary now, or null for none.</summary>
    public string? From { get; set; }

    /// <summary>Go back although the version to go back to is unhealthy.</summary>
    public bool Force { get; set; }
}

/// <summary>Changes a model by JSON merge patch (RFC 7396): a field left out stays, null removes.</summary>
internal sealed class PatchModelRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "description": "Tells irises apart.", "primary_policy": "manual" }""";

    /// <inheritdoc/>
    public static bool IsMergePatch => true;

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Labels to set, or to remove where the value is null; null as a whole removes all.</summary>
    public IReadOnlyDictionary<string, string?>? Labels { get; set; }

    /// <summary>How the primary moves when nobody names it.</summary>
    public PrimaryPolicy PrimaryPolicy { get; set; }

    /// <summary>Whether only an admin moves the primary, and changes the policy; only an admin changes it.</summary>
    public bool Protected { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => CommandValidation.Validate(ToCommand(fields.Unsent, fields));

    internal PatchModelCommand ToCommand(CommandContext context, RequestFields fields)
    {
        var policy = fields.Optional("primary_policy", PrimaryPolicy);
        var isProtected = fields.Optional("protected", Protected);
        return new PatchModelCommand
        {
            Context = context,
            Description = fields.Optional("description", Description),
            Labels = fields.Optional("labels", Labels),
            PrimaryPolicy = policy.IsSet ? policy.Value : null,
            Protected = isProtected.IsSet ? isProtected.Value : null,
        };
    }
}
