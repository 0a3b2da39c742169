namespace OrleansRegistry.WebConsole;

/// <summary>The environments in which the registry runs versions, as the HTTP interface lists them.</summary>
/// <param name="Off">Why the registry runs none, and what to do about it; null when it does.</param>
/// <param name="Environments">The environments, in the order in which they are tried.</param>
/// <param name="InstanceTypes">The instance types of the settings.</param>
public sealed record EnvironmentsView(
    string? Off, IReadOnlyList<EnvironmentsView.Row> Environments, IReadOnlyList<EnvironmentsView.InstanceType> InstanceTypes)
{
    /// <summary>An environment.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Formats">The formats of the artifacts that it serves.</param>
    /// <param name="Python">The version of its Python, or null when it has none.</param>
    /// <param name="Packages">The versions of its packages, by their names.</param>
    /// <param name="Off">Why nothing runs in it, and what to do about it; null when it runs.</param>
    public sealed record Row(
        string Name, IReadOnlyList<string> Formats, string? Python, IReadOnlyDictionary<string, string> Packages, string? Off);

    /// <summary>An instance type.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="MemoryMib">The memory of all processes of a version together, in MiB.</param>
    /// <param name="Cpus">Its processors.</param>
    /// <param name="Processes">How many processes and threads a version may have.</param>
    public sealed record InstanceType(string Name, int MemoryMib, int Cpus, int Processes);
}
