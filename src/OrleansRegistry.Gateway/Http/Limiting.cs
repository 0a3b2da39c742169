namespace OrleansRegistry.Gateway;

/// <summary>
/// Lists of what something is limited to. An empty one is none at all: whoever sends it may have lost what was to be in
/// it.
/// </summary>
internal static class Limiting
{
    /// <summary>The problem of such a list; left out, it limits nothing.</summary>
    public static IEnumerable<FieldError> Problems(string field, IReadOnlyCollection<string>? list) =>
        list is { Count: 0 } ? [new FieldError(field, "must not be empty; leave it out for no limit")] : [];

    /// <summary>The problem of a text that names a model, by id or name: no model ever has such a name.</summary>
    public static IEnumerable<FieldError> ModelProblems(string field, string? model) =>
        model is not null && FieldRules.Model(model) is { } problem ? [new FieldError(field, problem)] : [];
}
