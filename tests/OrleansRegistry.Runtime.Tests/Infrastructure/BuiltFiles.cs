using System.Reflection;

namespace OrleansRegistry.Runtime.Tests.Infrastructure;

/// <summary>Where the build has put what the tests start.</summary>
internal static class BuiltFiles
{
    public static string OnnxServer => Path("OnnxServer");

    public static string RunnerHost => Path("RunnerHost");

    public static string Models => Path("Models");

    private static string Path(string name) => System.IO.Path.GetFullPath(System.IO.Path.Combine(
        AppContext.BaseDirectory,
        typeof(BuiltFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == name).Value!));
}
