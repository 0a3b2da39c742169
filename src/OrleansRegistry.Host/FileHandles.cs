using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansRegistry.Host;

/// <summary>
/// Holds the connections that a node promises against the file handles that it may have. A connection takes one, and
/// another where its call goes to a model's server. The runtime has raised the limit as far as the process may.
/// </summary>
internal static partial class FileHandles
{
    /// <summary>The handles that a node needs for itself: files, its database, other nodes.</summary>
    private const int OwnUse = 512;

    /// <summary>With fewer connections nobody is served.</summary>
    private const int MinConnections = 64;

    /// <summary>How many this process may have; null where the system doesn't say.</summary>
    public static long? Limit { get; } = Read();

    /// <summary>The connections that there can be, at most as many as are configured.</summary>
    /// <exception cref="StartupException">There can't be enough.</exception>
    public static int Connections(int configured, long? handles)
    {
        if (handles is not { } limit)
        {
            return configured;
        }

        var possible = (limit - OwnUse) / 2;
        return possible >= MinConnections
            ? (int)Math.Min(configured, possible)
            : throw new StartupException(
                $"The process may have {limit} file handles; it needs {OwnUse + (2 * MinConnections)} at least. "
                + "Raise the limit (ulimit -n, LimitNOFILE, --ulimit nofile).");
    }

    private static long? Read()
    {
        const string limits = "/proc/self/limits";
        return File.Exists(limits) && OpenFiles().Match(File.ReadAllText(limits)) is { Success: true } found
            && long.TryParse(found.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : null;
    }

    [GeneratedRegex(@"^Max open files\s+(\S+)", RegexOptions.Multiline)]
    private static partial Regex OpenFiles();
}
