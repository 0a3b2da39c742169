using System.Text.RegularExpressions;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>The files of a model that a deployment brings.</summary>
internal static partial class ModelPath
{
    private const string Requirements = "requirements.txt";

    /// <summary>Finds the files of a path, with the packages that its <c>requirements.txt</c> names; null for no path.</summary>
    public static async Task<ModelFiles?> Read(Session session, string? path, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return null;
        }

        var files = await ModelFiles.Find(path, cancellationToken);
        if (files.Format != ArtifactFormatValues.Onnx && files.Files.FirstOrDefault(file => file.Path == Requirements) is { } file)
        {
            files.Packages = Packages(session, await File.ReadAllLinesAsync(file.Source, cancellationToken));
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

    [GeneratedRegex(@"(^|\s)#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])? *===? *([^ ,;*]+)$")]
    private static partial Regex Pinned();

    [GeneratedRegex("[-_.]+")]
    private static partial Regex Separators();
}
