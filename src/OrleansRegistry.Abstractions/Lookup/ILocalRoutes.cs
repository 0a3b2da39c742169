namespace OrleansRegistry;

/// <summary>
/// What the models that are in memory in this process say of their versions, read without asking their grains. A
/// process that holds no models has none.
/// </summary>
internal interface ILocalRoutes
{
    /// <summary>
    /// The version that a selector leads to now; null where the model is not in memory here, may not answer, or has
    /// anything to say but a version that can be called. Then its grain is asked.
    /// </summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="modelId">The model.</param>
    /// <param name="selector">A number, a range, a version's id or <c>@</c> and an alias; null for the primary.</param>
    ResolvedVersion? Find(string workspace, string modelId, string? selector);
}
