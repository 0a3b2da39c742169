using System.Globalization;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>The programs in front of a command that limit what it may use, each of which becomes the next.</summary>
internal static class ResourceLimits
{
    private const int MaxFiles = 1024;

    /// <summary>The command with its limits.</summary>
    /// <param name="launch">What to start.</param>
    /// <param name="countsProcesses">
    /// Whether the processes of this user are this command's only, so that their number can be limited.
    /// </param>
    public static IEnumerable<string> Before(Launch launch, bool countsProcesses)
    {
        // The memory itself is watched by the host; this is the second line, for what is faster than its looks.
        var data = (2 * launch.Resources.MemoryBytes).ToString(CultureInfo.InvariantCulture);
        yield return SystemPrograms.LimitResources;
        yield return $"--data={data}";
        yield return "--core=0";
        yield return string.Create(CultureInfo.InvariantCulture, $"--nofile={MaxFiles}");
        if (countsProcesses)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"--nproc={launch.Resources.Processes}");
        }

        yield return "--";
        if (launch.Processors is not [])
        {
            yield return SystemPrograms.SetProcessors;
            yield return "--cpu-list";
            yield return string.Join(',', launch.Processors.Select(one => one.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
