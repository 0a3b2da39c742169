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

    /// <summary>
    /// What happens to the primary while it is unhealthy: <c>stay</c>, or <c>fall_back</c> to a healthy version. Only an
    /// admin changes it.
    /// </summary>
    public OnUnhealthy OnUnhealthy { get; set; }

    /// <summary>
    /// After how many seconds without a break the primary then falls back, 10 to 86,400; 60 by default. Only an admin
    /// changes it.
    /// </summary>
    public int FallBackSeconds { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => CommandValidation.Validate(ToCommand(fields.Unsent, fields));

    internal PatchModelCommand ToCommand(CommandContext context, RequestFields fields)
    {
        return new PatchModelCommand
        {
            Context = context,
            Description = fields.Optional("description", Description),
            Labels = fields.Optional("labels", Labels),
            PrimaryPolicy = Given("primary_policy", PrimaryPolicy),
            Protected = Given("protected", Protected),
            OnUnhealthy = Given("on_unhealthy", OnUnhealthy),
            FallBackSeconds = Given("fall_back_seconds", FallBackSeconds),
        };

        T? Given<T>(string name, T value)
            where T : struct => fields.Optional(name, value).IsSet ? value : null;
    }
}
