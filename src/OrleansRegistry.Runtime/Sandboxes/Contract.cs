using System.Globalization;

namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>What a process is told by variables (<c>docs/serving.md</c>).</summary>
internal static class Contract
{
    /// <summary>The descriptor of the socket that a process is given to accept from.</summary>
    public const int SocketDescriptor = 3;

    /// <summary>
    /// The variables of a process. Those of the package come first, so that they can't change what the registry says.
    /// </summary>
    public static IEnumerable<(string Name, string Value)> Variables(Launch launch, string? package)
    {
        (string, string)[] before = [("LANG", "C.UTF-8"), ("HOME", "/tmp"), ("TMPDIR", "/tmp"), ("PATH", SearchPath(launch))];
        var cpus = launch.Resources.Cpus.ToString(CultureInfo.InvariantCulture);
        (string, string)[] after =
        [
            ("OMP_NUM_THREADS", cpus), ("OPENBLAS_NUM_THREADS", cpus), ("MKL_NUM_THREADS", cpus), ("DOTNET_PROCESSOR_COUNT", cpus),
            ("DOTNET_GCHeapHardLimit", (launch.Resources.MemoryBytes / 2).ToString("x", CultureInfo.InvariantCulture)),
            .. package is null
                ? Array.Empty<(string, string)>()
                : [("REGISTRY_SOCKET_FD", SocketDescriptor.ToString(CultureInfo.InvariantCulture)), ("REGISTRY_PACKAGE", package)],
        ];
        return before.Concat(launch.Variables.Select(pair => (pair.Key, pair.Value))).Concat(after);
    }

    private static string SearchPath(Launch launch) =>
        launch.ProgramDirectory is null ? "/usr/bin:/bin" : $"{launch.ProgramDirectory}:/usr/bin:/bin";
}
