using System.Globalization;

namespace OrleansRegistry.Runtime.Native;

/// <summary>Reads what <c>/proc</c> says of a process and of those below it. What has ended meanwhile is left out.</summary>
internal static class ProcessTree
{
    /// <summary>Whether the kernel lists the children of processes, as most do.</summary>
    /// <param name="proc">The directory of what it says.</param>
    public static bool ListsChildren(string proc = "/proc") => File.Exists($"{proc}/thread-self/children");

    /// <summary>A process and all below it.</summary>
    public static List<int> Of(int root)
    {
        List<int> found = [root];
        for (var index = 0; index < found.Count; index++)
        {
            // A process that moves while this looks could appear twice, and a circle could come of it.
            found.AddRange(Children(found[index]).Where(child => !found.Contains(child)));
        }

        return found;
    }

    /// <summary>The processes that a process has started, or taken over.</summary>
    public static IEnumerable<int> Children(int process)
    {
        string[] threads;
        try
        {
            threads = Directory.GetDirectories($"/proc/{process}/task");
        }
        catch (Exception e) when (IsGone(e))
        {
            return [];
        }

        return threads.SelectMany(thread => Text($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture));
    }

    /// <summary>The number that a process has in the innermost namespace that it is in; null when it has ended.</summary>
    public static int? InnermostId(int process) =>
        Field(Text($"/proc/{process}/status"), "NSpid:") is [.., var last] ? int.Parse(last, CultureInfo.InvariantCulture) : null;

    /// <summary>
    /// The memory of a process in bytes: what it shares with others counts in part (Pss). Where that can't be read, its
    /// whole resident memory.
    /// </summary>
    public static long MemoryBytes(int process)
    {
        var kilobytes = Field(Text($"/proc/{process}/smaps_rollup"), "Pss:") is [var shared, ..] ? shared
            : Field(Text($"/proc/{process}/status"), "VmRSS:") is [var resident, ..] ? resident
            : "0";
        return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024;
    }

    private static string[] Field(string text, string name)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? [] : line[name.Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (IsGone(e))
        {
            return "";
        }
    }

    private static bool IsGone(Exception e) => e is IOException or UnauthorizedAccessException;
}
