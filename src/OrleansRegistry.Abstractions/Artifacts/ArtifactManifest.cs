using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansRegistry;

/// <summary>What the files of an artifact are, and how they are served (rule F10).</summary>
[GenerateSerializer, Alias("OrleansRegistry.ArtifactFormat")]
internal enum ArtifactFormat
{
    /// <summary><c>model.onnx</c>, perhaps with external data beside it. No foreign code runs.</summary>
    Onnx = 0,

    /// <summary><c>model.py</c> with a class <c>Model</c>.</summary>
    Python = 1,

    /// <summary><c>model.joblib</c> or <c>model.pkl</c>: a pickled object.</summary>
    [JsonStringEnumMemberName("python-pickle")]
    PythonPickle = 2,
}

/// <summary>An artifact as its deployer describes it: its digest is made of this (rule F3).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ArtifactManifest")]
internal sealed record ArtifactManifest
{
    /// <summary>The files, 1 to 10,000.</summary>
    [Id(0)]
    public required ImmutableArray<ArtifactFile> Files { get; init; }

    /// <summary>What the files are.</summary>
    [Id(1)]
    public required ArtifactFormat Format { get; init; }

    /// <summary>What serves them must have.</summary>
    [Id(2)]
    public ArtifactRequirements Requires { get; init; } = new();
}

/// <summary>A file of an artifact.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ArtifactFile")]
internal sealed record ArtifactFile
{
    /// <summary>Its path in the artifact: relative, with <c>/</c> (rule F4).</summary>
    [Id(0)]
    public required string Path { get; init; }

    /// <summary>SHA-256 of its bytes, 64 lower-case hexadecimal digits.</summary>
    [Id(1)]
    public required string Sha256 { get; init; }

    /// <summary>Its size in bytes.</summary>
    [Id(2)]
    public required long Size { get; init; }
}

/// <summary>What an environment must have to serve an artifact.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ArtifactRequirements")]
internal sealed record ArtifactRequirements
{
    /// <summary>The Python it was made with, <c>3.11</c>; null for any.</summary>
    [Id(0)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Python { get; init; }

    /// <summary>The versions of the packages it was made with, by names as PEP 503 normalizes them; null for none.</summary>
    [Id(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Packages { get; init; }

    /// <inheritdoc cref="OrleansRegistry.ExtensionData"/>
    [Id(2)]
    internal ExtensionData? ExtensionData { get; set; }
}
