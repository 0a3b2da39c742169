namespace OrleansRegistry.Gateway;

/// <summary>Fields that name another version of the same model.</summary>
internal static class VersionReference
{
    /// <summary>The problem of a reference, or null. Null refers to none.</summary>
    public static string? Problem(string? text, string modelId) =>
        text is null || (VersionId.TryParse(text, out var id) && id.ModelId == modelId) ? null : $"must be the id of a version of model {modelId}";

    /// <summary>The problem of a reference to a version that must not be <paramref name="self"/>.</summary>
    public static string? ProblemOfOther(string? text, VersionId self) =>
        text == self.ToString() ? "must be another version" : Problem(text, self.ModelId);
}
