using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;

namespace OrleansRegistry.Host;

/// <summary>The executable: runs the command that its arguments name, and says what went wrong in one line.</summary>
internal static class RegistryProgram
{
    /// <summary>
    /// The exit code of a command that failed: a node whose settings or surroundings don't let it start, a check that
    /// found something.
    /// </summary>
    public const int Failed = 1;

    /// <summary>The exit code of a command that was called wrongly, and did nothing.</summary>
    public const int Misused = 2;

    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(RegistryProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Runs until it is done or told to stop.</summary>
    public static async Task<int> Run(string[] args)
    {
        var command = Commands.Serve;
        try
        {
            var line = CommandLine.Parse(args);
            command = line.Command;
            return await command.Run(line);
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync(e.Message + Environment.NewLine + Environment.NewLine + Commands.Usage);
            return Misused;
        }
        catch (Exception e) when (IsExpected(e))
        {
            await Console.Error.WriteLineAsync($"orleans-registry can't {(command == Commands.Serve ? "start" : $"run {command.Name}")}. {e.Message}");
            return Failed;
        }
    }

    /// <summary>
    /// Whether an exception says what is wrong with settings or surroundings. Any other is a bug, and shown with all
    /// that is known of it.
    /// </summary>
    private static bool IsExpected(Exception e) =>
        e is StartupException or IOException or UnauthorizedAccessException or SocketException or CryptographicException
            or RegistryUnavailableException
        || e.InnerException is SocketException;
}
