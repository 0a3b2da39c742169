using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>The place where a version answers, and its start.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServingSpec")]
public sealed record ServingSpec
{
    /// <summary>The startup timeout of a spec that names none, in seconds.</summary>
    public const int DefaultStartupTimeoutSeconds = 900;

    /// <summary>The seconds between two health probes of a spec that has a health URL and says no other.</summary>
    public const int DefaultProbeSeconds = 10;

    /// <summary>
    /// Base address of the model's server: absolute http or https, at most 2,048 characters, without user information
    /// and fragment. With <c>servers</c> it may be left out: it is that of the first.
    /// </summary>
    [Id(0)]
    public string Url { get; init; } = "";

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

    /// <summary>
    /// The servers of the version, which all answer the same: 1 to 64, none twice. It stands in place of <c>url</c> and
    /// <c>health_url</c>, which are the first server's (rule SV1).
    /// </summary>
    [Id(5)]
    public IReadOnlyList<ServingServer>? Servers { get; init; }

    /// <summary>
    /// How many servers must be up before the version is ready: 1 to 64, and 1 by default. A list with fewer needs all of
    /// them (rule SV2).
    /// </summary>
    [Id(6)]
    public int? MinReady { get; init; }

    /// <summary>
    /// Whether a call may be made twice: with several servers, one that a server has not answered may be given to another
    /// (rule SV6).
    /// </summary>
    [Id(7), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Repeatable { get; init; }

    /// <summary>
    /// Seconds between two health probes of a server once the version is ready: 1 to 3,600, or 0 for none (rule HV1). By
    /// default 10 with a health URL.
    /// </summary>
    [Id(8)]
    public int? ProbeSeconds { get; init; }

    /// <summary>The spec with the address of its first server, which older builds go by.</summary>
    internal ServingSpec WithFirst() => Servers is [{ } first, ..] && (Url.Length == 0 || Url == first.Url)
        ? this with { Url = first.Url, HealthUrl = HealthUrl ?? first.HealthUrl }
        : this;
}

/// <summary>One server of a version.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServingServer")]
public sealed record ServingServer
{
    /// <summary>
    /// Its base address: absolute http or https, at most 2,048 characters, without user information and fragment.
    /// </summary>
    [Id(0)]
    public required string Url { get; init; } = "";

    /// <summary>An address that answers 2xx once it is up. Without one it is up at once.</summary>
    [Id(1)]
    public string? HealthUrl { get; init; }
}
