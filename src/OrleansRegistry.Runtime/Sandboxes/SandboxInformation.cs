using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using OrleansRegistry.Runtime.Native;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>What bubblewrap says of a sandbox when it has made its namespaces.</summary>
internal static partial class SandboxInformation
{
    private const int MaxBytes = 4096;

    /// <summary>
    /// The number of the sandbox's first process, whose end is the end of all others in it; null when there is no
    /// sandbox. It waits, some milliseconds, for a program of the operating system; no package's code runs yet.
    /// </summary>
    /// <exception cref="IOException">It says nothing in time.</exception>
    public static int? ReadFirstProcess(SafeFileHandle reader)
    {
        var bytes = new byte[MaxBytes];
        var length = 0;
        while (length < bytes.Length && !bytes.AsSpan(0, length).Contains((byte)'}')
            && PipePair.Read(reader, bytes.AsSpan(length), Gate.Timeout) is > 0 and var read)
        {
            length += read;
        }

        return FirstProcess().Match(Encoding.UTF8.GetString(bytes, 0, length)) is { Success: true } found
            ? int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)
            : null;
    }

    [GeneratedRegex("\"child-pid\": ([0-9]+)")]
    private static partial Regex FirstProcess();
}
