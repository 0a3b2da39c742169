namespace OrleansRegistry.Gateway;

/// <summary>Publishes a draft.</summary>
public sealed class PublishRequest : IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>Whether the version claims the primary pointer. By default it does if the model's policy is <c>latest_published</c> and
    /// its number was the highest when it was deployed. True on a published version claims again.</summary>
    public bool? Promote { get; set; }

    /// <summary>With <c>promote: true</c>: the id of the version that must be primary now, or null for none.</summary>
    public string? From { get; set; }
}

/// <summary>Makes a version primary.</summary>
public sealed class PromoteRequest : IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>The id of the version that must be primary now, or null for none.</summary>
    public string? From { get; set; }
}

/// <summary>Brings a version back.</summary>
public sealed class ActivateRequest : IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>Where the version answers from now on; only for one that is inactive or failed.</summary>
    public ServingRequest? Serving { get; set; }
}

/// <summary>Takes a version out of routing.</summary>
public sealed class DeactivateRequest : IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>The id of the version that becomes primary if this one is.</summary>
    public string? PromoteTo { get; set; }

    /// <summary>Refuse if the version is primary.</summary>
    public bool RefuseIfPrimary { get; set; }
}

/// <summary>Goes back to the previous primary.</summary>
public sealed class RollbackRequest : IRequestBody
{
    /// <inheritdoc/>
    public static bool IsOptional => true;

    /// <summary>The id of the version that must be primary now, or null for none.</summary>
    public string? From { get; set; }
}

/// <summary>Changes a version by JSON merge patch (RFC 7396): a field left out stays, null removes.</summary>
public sealed class PatchVersionRequest : IRequestBody
{
    /// <inheritdoc/>
    public static bool IsMergePatch => true;

    /// <summary>Free text, at most 4,096 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Labels to set, or to remove where the value is null; null as a whole removes all.</summary>
    public IReadOnlyDictionary<string, string?>? Labels { get; set; }
}

/// <summary>Changes a model by JSON merge patch (RFC 7396): a field left out stays, null removes.</summary>
public sealed class PatchModelRequest : IRequestBody
{
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
}
