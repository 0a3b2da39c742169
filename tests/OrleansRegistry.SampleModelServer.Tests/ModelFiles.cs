using System.Reflection;

namespace OrleansRegistry.SampleModelServer.Tests;

/// <summary>The checked-in model files.</summary>
internal static class ModelFiles
{
    private static readonly string Directory = Path.GetFullPath(
        typeof(ModelFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Models").Value!,
        AppContext.BaseDirectory);

    /// <summary>Where one of them is.</summary>
    public static string At(string name) => Path.Combine(Directory, name);
}
