namespace OrleansRegistry.Models;

/// <summary>Settings of models.</summary>
public sealed class ModelOptions
{
    /// <summary>The most active versions a model may have (rule L6). Drafts are active and cost money. 1 to 10,000, default 1,000.</summary>
    public int MaxActiveVersions { get; set; } = 1000;
}
