namespace OrleansRegistry.Gateway;

/// <summary>Publishes a draft.</summary>
internal sealed class PublishRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "promote": true }""";

    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>Whether the version claims the primary pointer. By default it does if the model's policy is <c>latest_published</c> and
    /// its number was the highest when it was deployed. True on a published version claims again.</summary>
    public bool? Promote { get; set; }

    /// <summary>With <c>promote: true</c>: the id of the version that must be primary now, or null for none.</summary>
    public string? From { get; set; }

    /// <summary>
    /// The names of aliases that the version claims: each points to it as soon as it is routable, unless the alias was
    /// moved by then. An alias that does not exist is made.
    /// </summary>
    public IReadOnlyList<string>? Aliases { get; set; }

    /// <summary>With <c>promote: true</c>: claim although the version is unhealthy.</summary>
    public bool Force { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => CommandValidation.Validate(ToCommand(fields.Unsent, fields, 1));

    internal PublishCommand ToCommand(CommandContext context, RequestFields fields, int ordinal) => new()
    {
        Context = context,
        Ordinal = ordinal,
        Promote = Promote,
        From = fields.Optional("from", From),
        Aliases = Aliases,
        Force = Force,
    };
}

/// <summary>Makes a version primary.</summary>
internal sealed class PromoteRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>The id of the version that must be primary now, or null for none.</summary>
    public string? From { get; set; }

    /// <summary>Promote although the version is unhealthy.</summary>
    public bool Force { get; set; }
}

/// <summary>Brings a version back.</summary>
internal sealed class ActivateRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>Where the version answers from now on; only for one that is inactive or failed.</summary>
    public ServingSpec? Serving { get; set; }

    /// <summary>How the registry runs the version from now on; only for one that is inactive or failed.</summary>
    public RuntimeSpec? Runtime { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
        fields.WithRefused(CommandValidation.Validate(ToCommand(fields.Unsent, 1)), Serving);

    internal ActivateCommand ToCommand(CommandContext context, int ordinal) =>
        new() { Context = context, Ordinal = ordinal, Serving = Serving?.WithFirst(), Runtime = Runtime };
}

/// <summary>Takes a version out of routing.</summary>
internal sealed class DeactivateRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>The id of the version that becomes primary if this one is.</summary>
    public string? PromoteTo { get; set; }

    /// <summary>Promote <c>promote_to</c> although that is unhealthy.</summary>
    public bool Force { get; set; }

    /// <summary>Refuse if the version is primary.</summary>
    public bool RefuseIfPrimary { get; set; }

    /// <summary>Refuse if the version is primary, or an alias points to it.</summary>
    public bool RefuseIfReferenced { get; set; }

    /// <summary>Answer once the calls that were admitted before have ended, after so many seconds at the latest: 0 to 3600. The version is stopped at once.</summary>
    public int? DrainSeconds { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
        DrainSeconds is < 0 or > CallDrain.MaxDrainSeconds
            ? [new FieldError("drain_seconds", $"must be a whole number from 0 to {CallDrain.MaxDrainSeconds}")]
            : [];
}

/// <summary>Changes a version by JSON merge patch (RFC 7396): a field left out stays, null removes.</summary>
internal sealed class PatchVersionRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example => """{ "description": "Trained on the May data.", "labels": { "team": "vision", "draft": null } }""";

    /// <inheritdoc/>
    public static bool IsMergePatch => true;

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Labels to set, or to remove where the value is null; null as a whole removes all.</summary>
    public IReadOnlyDictionary<string, string?>? Labels { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) => CommandValidation.Validate(ToCommand(fields.Unsent, fields, 1));

    internal PatchVersionCommand ToCommand(CommandContext context, RequestFields fields, int ordinal) => new()
    {
        Context = context,
        Ordinal = ordinal,
        Description = fields.Optional("description", Description),
        Labels = fields.Optional("labels", Labels),
    };
}
