namespace OrleansRegistry.Gateway;

/// <summary>A model that was deleted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Deleted">True.</param>
internal sealed record DeletedModel(string Id, bool Deleted = true);

/// <summary>The version that a selector leads to now.</summary>
internal sealed record ResolveAnswer
{
    /// <summary>The version's id.</summary>
    public required string VersionId { get; init; }

    /// <summary>The version's number.</summary>
    public required string Version { get; init; }

    /// <summary>How the selector led to it.</summary>
    public ResolvedBy ResolvedBy { get; init; }

    /// <summary>The name of the alias that led to it, or null.</summary>
    public string? Alias { get; init; }

    /// <summary>Where it answers, or null for a version that is only registered.</summary>
    public string? ServingUrl { get; init; }

    /// <summary>The artifact that was deployed, or null.</summary>
    public Artifact? Artifact { get; init; }

    /// <summary>The revision of the model that the answer is true of.</summary>
    public int Revision { get; init; }

    /// <summary>
    /// With <c>explain=true</c>: the versions nearest to it, highest number first, and why each was not taken.
    /// </summary>
    public IReadOnlyList<NearVersion>? Nearest { get; init; }
}
