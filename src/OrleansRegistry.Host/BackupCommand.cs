using OrleansRegistry.Access;
using OrleansRegistry.Storage.Backup;

namespace OrleansRegistry.Host;

/// <summary><c>backup</c>: copies the rows of a SQLite file, beside the node that is at work on it.</summary>
internal static class BackupCommand
{
    /// <summary>Writes the copy; answers the exit code, 0 when it is there.</summary>
    public static async Task<int> Run(string name, string[] args, TextWriter output, TextWriter errors)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        var settings = RegistrySettings.Read(builder.Configuration);
        var file = Path.GetFullPath(name);
        try
        {
            await RegistryBackup.Write(settings.Storage, file, CancellationToken.None);
        }
        catch (Exception e) when (e is StartupException or IOException)
        {
            await errors.WriteLineAsync($"No backup was made. {e.Message}");
            return RegistryProgram.Failed;
        }

        await output.WriteLineAsync($"Wrote {file}.");
        if (settings.Options.Auth.Secret is null)
        {
            await output.WriteLineAsync(
                $"Keep {Path.GetFullPath(Path.Combine(settings.Options.DataDirectory, AccessSecret.FileName))} with it: "
                + "no API key is valid without, and no secret of a webhook can be read.");
        }

        return 0;
    }
}
