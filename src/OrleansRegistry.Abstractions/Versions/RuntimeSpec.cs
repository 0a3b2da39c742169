namespace OrleansRegistry;

/// <summary>How the registry itself runs a version, from the artifact that the version is deployed with.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RuntimeSpec")]
public sealed record RuntimeSpec
{
    /// <summary>The startup timeout of a spec that names none, in seconds.</summary>
    public const int DefaultStartupTimeoutSeconds = 300;

    /// <summary>
    /// The environment to run in: <c>onnx</c>, or a Python that the operator has named. Null takes the first that fits
    /// what the artifact requires.
    /// </summary>
    [Id(0)]
    public string? Environment { get; init; }

    /// <summary>
    /// The package's own command, at most 64 texts of 32 KiB together; it keeps the contract of processes. Null takes
    /// the environment's.
    /// </summary>
    [Id(1)]
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>
    /// Variables for the process, at most 64, of 32 KiB together, none beginning with <c>REGISTRY_</c>. Viewers see
    /// them: they are no place for secrets.
    /// </summary>
    [Id(2)]
    public IReadOnlyDictionary<string, string>? Env { get; init; }

    /// <summary>The longest time until a process answers <c>GET /health</c>, in seconds: 1 to 86,400.</summary>
    [Id(3)]
    public int StartupTimeoutSeconds { get; init; } = DefaultStartupTimeoutSeconds;
}
