using System.Reflection;

namespace OrleansRegistry.Gateway;

/// <summary>The version of this build.</summary>
internal static class ServerVersion
{
    /// <summary>A semantic version.</summary>
    public static string Value { get; } =
        typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
