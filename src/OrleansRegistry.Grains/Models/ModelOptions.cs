using System.ComponentModel.DataAnnotations;

namespace OrleansRegistry.Models;

/// <summary>Settings of models.</summary>
public sealed class ModelOptions
{
    /// <summary>The most active versions a model may have (rule L6). Drafts are active and cost money. Default 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxActiveVersions { get; set; } = 1000;
}
