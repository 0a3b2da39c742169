using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>Which part of the number a deployment raises; lower parts go to 0.</summary>
[GenerateSerializer, Alias("OrleansRegistry.VersionBump")]
public enum VersionBump
{
    /// <summary>1.4.2 to 2.0.0.</summary>
    Major = 0,

    /// <summary>1.4.2 to 1.5.0.</summary>
    Minor = 1,

    /// <summary>1.4.2 to 1.4.3.</summary>
    Patch = 2,
}

/// <summary>A deployment: what becomes a new version of a model (rules N1 to N5, L1).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Deployment")]
public sealed record Deployment
{
    /// <summary>The model's name: 1 to 128 characters after trimming and NFC, without <c>\</c>, <c>%</c> and control characters; <c>/</c> separates parts. A new name makes a model.</summary>
    [Id(0)]
    public required string ModelName { get; init; } = "";

    /// <summary>The part of the number to raise, in any case: MINOR, unless <c>base</c> says otherwise.</summary>
    [Id(1)]
    public VersionBump? VersionBump { get; init; }

    /// <summary>
    /// The number itself: SemVer 2.0 without build metadata, above every number of its own major.minor line (rule N4). Without it the numbers count on.
    /// </summary>
    [Id(2)]
    public string? Version { get; init; }

    /// <summary>The release line to continue: <c>1.4</c> (with PATCH) or <c>1</c> (with MINOR) (rule N3).</summary>
    [Id(3)]
    public string? Base { get; init; }

    /// <summary>Publish at once instead of making a draft.</summary>
    [Id(4)]
    public bool Publish { get; init; }

    /// <summary>
    /// With <c>publish</c>: whether the version claims the primary pointer. By default it does if the model's policy is
    /// <c>latest_published</c> and its number is the highest (rule P1).
    /// </summary>
    [Id(5)]
    public bool? Promote { get; init; }

    /// <summary>Free text, at most 4,096 characters.</summary>
    [Id(6)]
    public string? Description { get; init; }

    /// <summary>At most 64 labels; keys have 1 to 63 characters, values at most 256.</summary>
    [Id(7)]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The model's files.</summary>
    [Id(8)]
    public Artifact? Artifact { get; init; }

    /// <summary>The place where the version answers; leave it out for a version that is only registered.</summary>
    [Id(9)]
    public ServingSpec? Serving { get; init; }

    /// <summary>The instance type, for billing: 1 to 64 letters, digits, dots, underscores and hyphens.</summary>
    [Id(10)]
    public string? InstanceType { get; init; }

    /// <summary>Your own id for it, at most 128 characters.</summary>
    [Id(11)]
    public string? ExternalId { get; init; }

    /// <summary>
    /// Your own key, 1 to 255 visible ASCII characters (over HTTP the header <c>Idempotency-Key</c>). A later deployment of the same model with
    /// the same key and content makes nothing, and answers what this one made. Null draws one for this call, so that its own repetitions are
    /// harmless (rule N5).
    /// </summary>
    [Id(12), JsonIgnore]
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// Why, in your own words: 1 to 500 characters, without control characters other than line feeds. The events of the
    /// deployment keep it; the version does not.
    /// </summary>
    [Id(13)]
    public string? Comment { get; init; }

    /// <summary>
    /// Lets the registry run the version from its artifact, which is named by its digest; it stands in place of
    /// <c>serving</c>.
    /// </summary>
    [Id(14)]
    public RuntimeSpec? Runtime { get; init; }

    /// <summary>
    /// The names of aliases that the version claims: each points to it as soon as it is routable, unless the alias was
    /// moved by then (rule AL4). An alias that does not exist is made.
    /// </summary>
    [Id(15)]
    public IReadOnlyList<string>? Aliases { get; init; }
}
