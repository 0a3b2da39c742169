namespace OrleansRegistry;

/// <summary>The place where a version answers, and its start.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServingSpec")]
public sealed record ServingSpec
{
    /// <summary>The startup timeout of a spec that names none, in seconds.</summary>
    public const int DefaultStartupTimeoutSeconds = 900;

    /// <summary>
    /// Base address of the model's server: absolute http or https, at most 2,048 characters, without user information
    /// and fragment.
    /// </summary>
    [Id(0)]
    public required string Url { get; init; } = "";

    /// <summary>
    /// An address that answers 2xx once the version is up. Without one the version is ready at once (rule L3).
    /// </summary>
    [Id(1)]
    public string? HealthUrl { get; init; }

    /// <summary>The longest time of a start, in seconds: 1 to 86,400.</summary>
    [Id(2)]
    public int StartupTimeoutSeconds { get; init; } = DefaultStartupTimeoutSeconds;

    /// <summary>
    /// The name by which the server knows its model, at most 256 characters: it stands in place of the field <c>model</c>
    /// of a call by OpenAI's routes. Without it the field stays as the caller wrote it.
    /// </summary>
    [Id(3)]
    public string? ServedName { get; init; }

    /// <summary>
    /// Paths below <c>/openai/v1</c> that lead to the server besides OpenAI's own, such as <c>classify</c>: at most 16.
    /// </summary>
    [Id(4)]
    public IReadOnlyList<string>? OpenaiPaths { get; init; }
}
