using OrleansRegistry.Storage.Check;

namespace OrleansRegistry.Host;

/// <summary>
/// <c>check</c>: lists rows that can't be read, and every disagreement between models, versions and events.
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
        var findings = await RegistryCheck.Run(RegistrySettings.Read(builder.Configuration).Storage, CancellationToken.None);
        foreach (var finding in findings)
        {
            await output.WriteLineAsync(finding.ToString());
        }

        await output.WriteLineAsync(findings.IsEmpty ? "Nothing to report." : $"{findings.Length} findings.");
        return findings.IsEmpty ? 0 : RegistryProgram.Failed;
    }
}
