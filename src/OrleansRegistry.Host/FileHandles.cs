using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansRegistry.Host;

/// <summary>
/// Holds the connections that a node promises against the file handles that it may have. A connection takes one, and
/// another where its call goes to a model's server. The runtime has raised the limit as far as the process may.
/// </summary>
internal static partial class FileHandles
{
    /// <summary>
    /// The handles that a node needs for itself. Its assemblies take about 500, two each; the rest is for files, its
    /// database and other nodes.
    /// </summary>
    private const int OwnUse = 1024;

    /// <summary>With fewer connections nobody is served.</summary>
    private const int MinConnections = 64;

    /// <summary>How many this process may have; null where the system doesn't say.</summary>
    public static long? Limit { get; } = Read();

    /// <summary>Says whether a node can work with so many handles, before it takes any.</summary>
    /// <exception cref="StartupException">It can't.</exception>
    public static void Require(long? handles)
    {
        if (handles is { } limit && Possible(limit) < MinConnections)
        {
            throw new StartupException(
                $"The process may have {limit} file handles; it needs {OwnUse + (2 * MinConnections)} at least. "
                + "Raise the limit (ulimit -n, LimitNOFILE, --ulimit nofile).");
        }
    }

    /// <summary>The connections that there can be, at most as many as are configured.</summary>
    public static int Connections(int configured, long? handles) =>
        handles is { } limit ? (int)Math.Min(configured, Possible(limit)) : configured;

    private static long Possible(long handles) => (handles - OwnUse) / 2;

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
