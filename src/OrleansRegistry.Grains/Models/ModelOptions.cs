using System.ComponentModel.DataAnnotations;

namespace OrleansRegistry.Models;

/// <summary>How much there may be. Properties are settings.</summary>
public sealed class ModelOptions
{
    /// <summary>Active versions that a model may have (rule L6). Drafts are active, and billed.</summary>
    [Range(1, 10_000)]
    public int ActiveVersionsPerModel { get; set; } = 1000;

    /// <summary>Models that a workspace may have.</summary>
    [Range(1, int.MaxValue)]
    public int ModelsPerWorkspace { get; set; } = 10_000;

    /// <summary>Versions that a workspace may have and that are not deleted.</summary>
    [Range(1, int.MaxValue)]
    public int VersionsPerWorkspace { get; set; } = 1_000_000;

    /// <summary>Active versions that a workspace may have.</summary>
    [Range(1, int.MaxValue)]
    public int ActiveVersionsPerWorkspace { get; set; } = 100_000;

    /// <summary>
    /// Bytes of files that a workspace may have, uploads that are not finished included. A file counts 4 KiB at least.
    /// </summary>
    [Range(1, 1L << 50)]
    public long ArtifactBytesPerWorkspace { get; set; } = 100L << 30;
}
