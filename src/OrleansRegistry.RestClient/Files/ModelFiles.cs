using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>The files of a model on this machine, ready to be uploaded.</summary>
public sealed class ModelFiles
{
    // What MLflow writes, and only the Python client makes files of.
    private const string OfMlflow = "MLmodel";

    private const string LeaveOut = $"a line in {IgnoreRules.FileName} leaves it out.";

    // In this order (rule C11).
    private static readonly (string Path, string Format)[] Formats =
    [
        ("model.py", ArtifactFormatValues.Python), ("model.onnx", ArtifactFormatValues.Onnx),
        ("model.joblib", ArtifactFormatValues.PythonPickle), ("model.pkl", ArtifactFormatValues.PythonPickle),
    ];

    // As RFC 8785 writes text.
    private static readonly JsonWriterOptions Canonical = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private ModelFiles(IReadOnlyList<ModelFile> files, string format) => (Files, Format) = (files, format);

    /// <summary>The files.</summary>
    public IReadOnlyList<ModelFile> Files { get; }

    /// <summary>The format that the files at the root say: <c>onnx</c>, <c>python</c> or <c>python-pickle</c>.</summary>
    public string Format { get; }

    /// <summary>The Python that they need, such as <c>3.11</c>; null for any.</summary>
    public string? Python { get; set; }

    /// <summary>The packages that they need, with their versions, by their names as PEP 503 normalizes them.</summary>
    public IReadOnlyDictionary<string, string> Packages { get; set; } = new Dictionary<string, string>();

    /// <summary>The size of all files in bytes.</summary>
    public long Size => Files.Sum(file => file.Size);

    /// <summary>
    /// Finds the files of a folder, or takes an <c>.onnx</c> file by itself. A file <c>.orkignore</c> in the folder has
    /// patterns of what is left out. <c>.git</c>, <c>.venv</c>, <c>__pycache__</c>, <c>.env</c>, <c>*.pem</c> and
    /// <c>id_*</c> always are (rule C7). <c>model.py</c> comes before <c>model.onnx</c>, and that before a pickle
    /// (rule C11). Each file is read once, for its SHA-256.
    /// </summary>
    /// <param name="path">The folder or the file.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="ArgumentException">There is no model, or a link in it leads nowhere or back.</exception>
    public static async Task<ModelFiles> Find(string path, CancellationToken cancellationToken = default)
    {
        List<(string Source, string Path)> found;
        if (Directory.Exists(path))
        {
            var root = new DirectoryInfo(Path.TrimEndingDirectorySeparator(path));
            var real = root.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? root.FullName;
            found = [.. Walk(real, "", IgnoreRules.Of(path), [real])];
        }
        else if (File.Exists(path) && path.EndsWith(".onnx", StringComparison.Ordinal))
        {
            found = [(path, "model.onnx")];
        }
        else
        {
            throw new ArgumentException($"\"{path}\" is no folder and no .onnx file.", nameof(path));
        }

        if (found.Exists(file => file.Path == OfMlflow))
        {
            throw new ArgumentException(
                $"\"{path}\" is a model of MLflow. Deploy it with Python, which makes files of it.", nameof(path));
        }

        var format = Formats.FirstOrDefault(format => found.Exists(file => file.Path == format.Path)).Format
            ?? throw new ArgumentException(
                $"\"{path}\" has no model.py, model.onnx, model.joblib or model.pkl.", nameof(path));
        List<ModelFile> files = [];
        foreach (var (source, name) in found)
        {
            await using var stream = File.OpenRead(source);
            var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            files.Add(new ModelFile(source, name, sha256, stream.Length));
        }

        return new ModelFiles(files, format);
    }

    /// <summary>The digest that the artifact of these files has (rule F3).</summary>
    public string Digest()
    {
        var text = new StringBuilder(Format).Append('\n').Append(CanonicalRequires());
        foreach (var file in Files.OrderBy(file => file.Path, Comparer<string>.Create(CompareBytes)))
        {
            text.Append(CultureInfo.InvariantCulture, $"{file.Sha256} {file.Size} {file.Path}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>What they need; null for nothing.</summary>
    internal RequiresSpec? Requires()
    {
        if (Python is null && Packages.Count == 0)
        {
            return null;
        }

        var requires = new RequiresSpec();
        if (Python is not null)
        {
            requires.Python = Python;
        }

        if (Packages.Count > 0)
        {
            requires.Packages = Packages.ToDictionary(package => package.Key, string? (package) => package.Value);
        }

        return requires;
    }

    private string CanonicalRequires()
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, Canonical))
        {
            writer.WriteStartObject();
            if (Packages.Count > 0)
            {
                writer.WriteStartObject("packages");
                foreach (var (name, version) in Packages.OrderBy(package => package.Key, StringComparer.Ordinal))
                {
                    writer.WriteString(name, version);
                }

                writer.WriteEndObject();
            }

            if (Python is not null)
            {
                writer.WriteString("python", Python);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.ToArray());
    }

    // The files of a folder, through links as well. Above are the folders on the way to it, for links that lead back.
    private static IEnumerable<(string Source, string Path)> Walk(
        string folder, string prefix, IgnoreRules rules, IReadOnlyList<string> above)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            if (rules.SkipsFile(prefix + file.Name))
            {
                continue;
            }

            yield return file.ResolveLinkTarget(returnFinalTarget: true) is { Exists: false }
                ? throw new ArgumentException($"\"{file.FullName}\" is a link that leads nowhere; {LeaveOut}")
                : (file.FullName, prefix + file.Name);
        }

        foreach (var inner in new DirectoryInfo(folder).EnumerateDirectories().OrderBy(inner => inner.Name, StringComparer.Ordinal))
        {
            if (rules.SkipsFolder(prefix + inner.Name))
            {
                continue;
            }

            var real = inner.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? inner.FullName;
            if (above.Contains(real, StringComparer.Ordinal))
            {
                throw new ArgumentException($"\"{inner.FullName}\" is a link that leads back to \"{real}\"; {LeaveOut}");
            }

            foreach (var found in Walk(real, $"{prefix}{inner.Name}/", rules, [.. above, real]))
            {
                yield return found;
            }
        }
    }

    private static int CompareBytes(string? left, string? right) =>
        Encoding.UTF8.GetBytes(left!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right!));
}
