namespace OrleansRegistry.Models;

/// <summary>How much there may be.</summary>
public sealed class ModelOptions
{
    /// <summary>The most active versions a model may have (rule L6). Drafts are active and cost money. 1 to 10,000, default 1,000.</summary>
    public int MaxActiveVersions { get; set; } = 1000;

    /// <summary>The most models a workspace may have. At least 1, default 10,000.</summary>
    public int ModelsPerWorkspace { get; set; } = 10_000;

    /// <summary>The most versions that are not deleted a workspace may have. At least 1, default 1,000,000.</summary>
    public int VersionsPerWorkspace { get; set; } = 1_000_000;

    /// <summary>The most active versions a workspace may have. At least 1, default 100,000.</summary>
    public int ActiveVersionsPerWorkspace { get; set; } = 100_000;
}
