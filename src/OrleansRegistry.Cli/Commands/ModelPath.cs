using System.Text.RegularExpressions;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>The files of a model that a deployment brings.</summary>
internal static partial class ModelPath
{
    private const string Requirements = "requirements.txt";

    /// <summary>The file in which pyenv and uv keep the version of a folder's Python.</summary>
    private const string PythonVersion = ".python-version";

    private const string Python = "python";

    /// <summary>
    /// Finds the files of a path, with the Python that is told, or that the folder names, and the packages that its
    /// <c>requirements.txt</c> names; null for no path.
    /// </summary>
    public static async Task<ModelFiles?> Read(
        Session session, string? path, string? python, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return null;
        }

        var told = python is null ? null
            : PythonOf(python)
            ?? throw new UsageException($"The Python is \"{python}\", and must be a version such as 3.11.");
        var files = await ModelFiles.Find(path, cancellationToken);
        if (files.Format == ArtifactFormatValues.Onnx)
        {
            return told is null
                ? files
                : throw new UsageException("A model of ONNX needs no Python. Leave --python out.");
        }

        var packages = Packages(session, await Lines(files, Requirements, cancellationToken));
        var listed = !packages.Remove(Python, out var version) ? null
            : PythonOf(version)
            ?? throw new UsageException($"{Requirements}: python=={version} names no Python such as 3.11.");
        var lines = await Lines(files, PythonVersion, cancellationToken);
        files.Packages = packages;
        files.Python = told ?? listed ?? (lines is [var first, ..] ? PythonOf(first) : null);
        if (files.Python is null && files.Format == ArtifactFormatValues.PythonPickle)
        {
            session.Printer.Note(
                "Nothing says which Python the model was made with. Say it with --python, such as --python 3.11.");
        }

        return files;
    }

    /// <summary>
    /// Uploads the files that the registry lacks, once it is clear that it would take the deployment and can run it
    /// (rule C6).
    /// </summary>
    /// <exception cref="NoEnvironmentException">None fits.</exception>
    public static async Task Upload(
        Session session, ModelFiles files, Deployment body, bool isDryRun, bool isRepeated, CancellationToken cancellationToken)
    {
        // What was made before with the same idempotency key may stand in the way of a dry run.
        if (!isRepeated)
        {
            await session.Registry.Deploy(body, new DeployParameters { DryRun = true }, cancellationToken);
        }

        if (body.Runtime is { } runtime)
        {
            await session.Registry.CheckEnvironment(files, runtime.Environment, body.InstanceType, cancellationToken);
        }

        if (!isDryRun)
        {
            using var meter = new TransferMeter(session.Terminal, "upload");
            await session.Registry.UploadArtifact(files, progress: meter, cancellationToken: cancellationToken);
        }
    }

    private static Dictionary<string, string> Packages(Session session, IEnumerable<string> lines)
    {
        Dictionary<string, string> packages = [];
        foreach (var line in lines.Select(line => Comment().Replace(line, "").Split(';')[0].Trim()).Where(line => line.Length > 0))
        {
            if (Pinned().Match(line) is { Success: true } pinned)
            {
                packages[Separators().Replace(pinned.Groups[1].Value, "-").ToLowerInvariant()] = pinned.Groups[2].Value;
            }
            else
            {
                session.Printer.Note($"{Requirements}: \"{line}\" is no name==version, and is not looked at.");
            }
        }

        return packages;
    }

    private static async Task<string[]> Lines(ModelFiles files, string path, CancellationToken cancellationToken) =>
        files.Files.FirstOrDefault(file => file.Path == path) is { } file
            ? await File.ReadAllLinesAsync(file.Source, cancellationToken)
            : [];

    /// <summary>The major and minor version of a Python, or null.</summary>
    private static string? PythonOf(string text) =>
        Version().Match(text.Trim()) is { Success: true } version ? version.Groups[1].Value : null;

    [GeneratedRegex(@"^([1-9][0-9]*\.[0-9]+)(?:\.[0-9]+)?$")]
    private static partial Regex Version();

    [GeneratedRegex(@"(^|\s)#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])? *===? *([^ ,;*]+)$")]
    private static partial Regex Pinned();

    [GeneratedRegex("[-_.]+")]
    private static partial Regex Separators();
}
