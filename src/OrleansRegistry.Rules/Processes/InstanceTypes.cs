namespace OrleansRegistry.Processes;

/// <summary>The instance types that the settings of a node name, and what each gives a process.</summary>
internal sealed class InstanceTypes(IReadOnlyDictionary<string, ProcessResources> types)
{
    /// <summary>All of them.</summary>
    public IReadOnlyDictionary<string, ProcessResources> All => types;

    /// <summary>What a type gives; null for a type that isn't there.</summary>
    /// <param name="name">Its name; null for a version without one.</param>
    public ProcessResources? Find(string? name) => name is null ? ProcessResources.Default : types.GetValueOrDefault(name);

    /// <summary>What a type gives, or why a version with a runtime can't have it.</summary>
    /// <param name="name">Its name; null for a version without one.</param>
    public Outcome<ProcessResources> Choose(string? name) =>
        Find(name) is { } resources ? resources : RegistryError.Invalid("instance_type", Problem(name)!);

    /// <summary>The problem of a type that a version with a runtime is to have, or null.</summary>
    /// <param name="name">Its name; null for a version without one.</param>
    public string? Problem(string? name) => Find(name) is not null ? null
        : types.Count == 0 ? "must be left out with runtime: this registry has no instance types"
        : $"must be one of this registry's instance types with runtime: {string.Join(", ", types.Keys.Order(StringComparer.Ordinal))}";
}
