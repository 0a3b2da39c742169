using OrleansRegistry.Artifacts;
using OrleansRegistry.Storage.Check;

namespace OrleansRegistry.Host;

/// <summary>
/// <c>check</c>: lists rows that can't be read, every disagreement between models, versions and events, and
/// artifacts without files and files without artifacts.
/// </summary>
internal static class CheckCommand
{
    /// <summary>
    /// Checks the database of the settings; answers the exit code, 0 when there is nothing to report.
    /// </summary>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        var settings = RegistrySettings.Read(builder.Configuration);
        var findings = await RegistryCheck.Run(settings.Storage, FilesOf(settings), CancellationToken.None);
        foreach (var finding in findings)
        {
            await output.WriteLineAsync(finding.ToString());
        }

        await output.WriteLineAsync(findings.IsEmpty ? "Nothing to report." : $"{findings.Length} findings.");
        return findings.IsEmpty ? 0 : RegistryProgram.Failed;
    }

    /// <summary>The files of artifacts, taken as they are; null where there are none.</summary>
    private static DiskFiles? FilesOf(RegistrySettings settings)
    {
        if (settings.ArtifactDirectory is not { } directory)
        {
            return null;
        }

        var files = new DiskFiles(directory, minFreeBytes: 0);
        files.Open();
        return files;
    }
}
