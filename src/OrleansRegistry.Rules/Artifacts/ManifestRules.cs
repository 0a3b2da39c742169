using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansRegistry.Artifacts;

/// <summary>
/// Which manifests are well formed (rules F4 and F10). Answers everything that is wrong, by JSON name.
/// </summary>
internal static partial class ManifestRules
{
    /// <summary>The most files of an artifact.</summary>
    public const int MaxFiles = 10_000;

    /// <summary>The largest file: more than any disk has.</summary>
    public const long MaxSize = 1L << 50;

    private const int MaxPathBytes = 1024;
    private const int MaxNameBytes = 255;
    private const int MaxPackages = 200;
    private const int MaxPackageName = 100;

    /// <summary>As many problems as a caller gets to see.</summary>
    private const int MaxProblems = 100;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The problems of a manifest.</summary>
    public static ImmutableArray<FieldError> Validate(ArtifactManifest manifest) =>
        [.. Problems(manifest).Take(MaxProblems)];

    /// <summary>The problem of the number of files in a request, or null.</summary>
    public static string? FileCount(int count) => count is < 1 or > MaxFiles ? "must have 1 to 10,000 entries" : null;

    /// <summary>The problem of a digest, or null.</summary>
    public static string? Digest(string digest) => digest.Length != 64 || digest.AsSpan().ContainsAnyExcept(HexDigits)
        ? "must be 64 lower-case hexadecimal digits"
        : null;

    /// <summary>The problem of a file's size, or null.</summary>
    public static string? Size(long size) => size is < 0 or > MaxSize ? "must be 0 to 2^50" : null;

    /// <summary>The problem of a path (rule F4), or null.</summary>
    public static string? Path(string path)
    {
        if (path.Length == 0)
        {
            return "must not be empty";
        }

        if (path.Length > MaxPathBytes || Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
        {
            return "must have at most 1,024 bytes";
        }

        // Without the second, a path could hold the line of another file.
        if (ModelName.TextProblem(path) is { } problem)
        {
            return problem;
        }

        if (!WellFormedText.IsName(path))
        {
            return WellFormedText.NameRule;
        }

        if (!path.IsNormalized(NormalizationForm.FormC))
        {
            return "must be in Unicode normalization form C";
        }

        if (path.Contains('\\', StringComparison.Ordinal) || Drive().IsMatch(path))
        {
            return "must not contain a backslash or begin with a drive";
        }

        foreach (var part in path.Split('/'))
        {
            if (part is "" or "." or "..")
            {
                return "must be relative, with no part that is empty, . or ..";
            }

            if (Encoding.UTF8.GetByteCount(part) > MaxNameBytes)
            {
                return "must have parts of at most 255 bytes";
            }
        }

        return null;
    }

    /// <summary>The problems of what an artifact requires (rule F10).</summary>
    public static IEnumerable<FieldError> Requirements(ArtifactFormat format, ArtifactRequirements requires)
    {
        if (format == ArtifactFormat.Onnx && requires is { Python: not null } or { Packages.Count: > 0 })
        {
            yield return new FieldError("requires", "must be empty for the format onnx");
        }

        foreach (var problem in RequirementProblems(requires).Take(MaxProblems))
        {
            yield return problem;
        }
    }

    private static IEnumerable<FieldError> Problems(ArtifactManifest manifest) =>
    [
        .. FileProblems(manifest.Files),
        .. FormatProblems(manifest),
        .. Requirements(manifest.Format, manifest.Requires),
    ];

    private static IEnumerable<FieldError> FileProblems(ImmutableArray<ArtifactFile> files)
    {
        if (FileCount(files.Length) is { } count)
        {
            yield return new FieldError("files", count);
            yield break;
        }

        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (place, file) in files.Index())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"files[{place}]");
            var path = Path(file.Path);
            if (path is null)
            {
                var folded = ModelName.Fold(file.Path);
                path = paths.TryAdd(folded, file.Path) ? null
                    : paths[folded] == file.Path ? "must not appear twice"
                    : "must not differ in case only from another path";
                folders.UnionWith(Folders(folded));
            }

            if (path is not null)
            {
                yield return new FieldError($"{name}.path", path);
            }

            var digest = Digest(file.Sha256);
            if (digest is not null)
            {
                yield return new FieldError($"{name}.sha256", digest);
            }

            if (Size(file.Size) is { } size)
            {
                yield return new FieldError($"{name}.size", size);
            }
            else if (digest is null && !sizes.TryAdd(file.Sha256, file.Size) && sizes[file.Sha256] != file.Size)
            {
                yield return new FieldError($"{name}.size", "must be the same for the same sha256");
            }
        }

        foreach (var (place, file) in files.Index().Where(file => folders.Contains(ModelName.Fold(file.Item.Path))))
        {
            yield return new FieldError(
                string.Create(CultureInfo.InvariantCulture, $"files[{place}].path"), "must not be a folder of another path");
        }
    }

    private static IEnumerable<string> Folders(string path)
    {
        for (var end = path.IndexOf('/', StringComparison.Ordinal); end > 0; end = path.IndexOf('/', end + 1))
        {
            yield return path[..end];
        }
    }

    private static IEnumerable<FieldError> FormatProblems(ArtifactManifest manifest)
    {
        string[] needed = manifest.Format switch
        {
            ArtifactFormat.Onnx => ["model.onnx"],
            ArtifactFormat.Python => ["model.py"],
            ArtifactFormat.PythonPickle => ["model.joblib", "model.pkl"],
        };
        if (!manifest.Files.Any(file => needed.Contains(file.Path)))
        {
            yield return new FieldError("files", $"must have {string.Join(" or ", needed)} at the root, as the format says");
        }
    }

    private static IEnumerable<FieldError> RequirementProblems(ArtifactRequirements requires)
    {
        if (requires.Python is { } python && !PythonVersion().IsMatch(python))
        {
            yield return new FieldError("requires.python", "must be major and minor version, such as 3.11");
        }

        var packages = requires.Packages ?? ImmutableDictionary<string, string>.Empty;
        if (packages.Count > MaxPackages)
        {
            yield return new FieldError("requires.packages", "must have at most 200 entries");
        }

        foreach (var (name, version) in packages)
        {
            if (name.Length > MaxPackageName || !PackageName().IsMatch(name))
            {
                yield return new FieldError(
                    "requires.packages",
                    "must have names as PEP 503 normalizes them: lower-case letters, digits and single hyphens");
            }
            else if (!PackageVersion.TryParse(version, out _))
            {
                yield return new FieldError($"requires.packages.{name}", "must be a version as PEP 440 defines them");
            }
        }
    }

    [GeneratedRegex(@"\A[A-Za-z]:", RegexOptions.CultureInvariant)]
    private static partial Regex Drive();

    [GeneratedRegex(@"\A[1-9][0-9]{0,2}\.(0|[1-9][0-9]{0,2})\z", RegexOptions.CultureInvariant)]
    private static partial Regex PythonVersion();

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PackageName();
}
