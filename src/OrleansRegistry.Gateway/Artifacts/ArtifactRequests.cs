using System.Globalization;
using System.Text.Json.Serialization;
using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Gateway;

/// <summary>Asks which files have to be uploaded.</summary>
internal sealed class MissingFilesRequest : IRequestBody
{
    /// <inheritdoc/>
    public static string Example =>
        """{ "files": [{ "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 0 }] }""";

    /// <summary>The files, 1 to 10,000.</summary>
    [JsonRequired]
    public IReadOnlyList<WantedFileRequest> Files { get; set; } = [];

    /// <summary>It is no command: nothing happens.</summary>
    string? IRequestBody.Comment => null;

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields)
    {
        if (ManifestRules.FileCount(Files.Count) is { } count)
        {
            return [new FieldError("files", count)];
        }

        return Files.Index().SelectMany(file => Problems(string.Create(CultureInfo.InvariantCulture, $"files[{file.Index}]"), file.Item)).Take(100);
    }

    private static IEnumerable<FieldError> Problems(string name, WantedFileRequest file)
    {
        if (ManifestRules.Digest(file.Sha256) is { } digest)
        {
            yield return new FieldError($"{name}.sha256", digest);
        }

        if (ManifestRules.Size(file.Size) is { } size)
        {
            yield return new FieldError($"{name}.size", size);
        }
    }
}

/// <summary>A file that a caller has.</summary>
internal sealed class WantedFileRequest
{
    /// <summary>SHA-256 of its bytes, 64 lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; set; } = "";

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; set; }
}

/// <summary>Makes an artifact of files that were uploaded.</summary>
internal sealed class CreateArtifactRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example =>
        """
        {
          "format": "python",
          "requires": { "python": "3.11", "packages": { "scikit-learn": "1.2.1" } },
          "files": [
            { "path": "model.py", "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 0 }
          ]
        }
        """;

    /// <summary>The files, 1 to 10,000.</summary>
    [JsonRequired]
    public IReadOnlyList<ArtifactFile> Files { get; set; } = [];

    /// <summary>What the files are: <c>onnx</c>, <c>python</c> or <c>python-pickle</c>.</summary>
    [JsonRequired]
    public ArtifactFormat Format { get; set; }

    /// <summary>What an environment must have to serve them.</summary>
    public ArtifactRequirements? Requires { get; set; }

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
        ManifestRules.Validate(ToManifest() with { Files = [.. Files.Select(Readable)] });

    internal ArtifactManifest ToManifest() => new() { Files = [.. Files], Format = Format, Requires = Requires ?? new ArtifactRequirements() };

    /// <summary>What could not be read of a file is null, and has been told.</summary>
    private static ArtifactFile Readable(ArtifactFile? file) =>
        new() { Path = file?.Path ?? "", Sha256 = file?.Sha256 ?? "", Size = file?.Size ?? 0 };
}
