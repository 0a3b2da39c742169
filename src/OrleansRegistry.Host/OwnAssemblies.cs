using System.Reflection;

namespace OrleansRegistry.Host;

/// <summary>
/// Loads all assemblies that the program refers to, so that none is loaded later, perhaps at a moment when it can't be:
/// the runtime remembers a load that has failed, and what needs the assembly fails from then on.
/// </summary>
internal static class OwnAssemblies
{
    /// <summary>Loads them.</summary>
    /// <exception cref="IOException">One of them can't be loaded.</exception>
    public static void Load()
    {
        // Those that are deployed with the program or its framework; others are referred to, but not needed.
        var files = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator);
        var deployed = files.Select(Path.GetFileNameWithoutExtension).ToHashSet();
        Queue<Assembly> loaded = new([typeof(OwnAssemblies).Assembly]);
        while (loaded.TryDequeue(out var assembly))
        {
            foreach (var name in assembly.GetReferencedAssemblies().Where(name => deployed.Remove(name.Name)))
            {
                loaded.Enqueue(Load(name));
            }
        }
    }

    private static Assembly Load(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception e) when (e is IOException or BadImageFormatException)
        {
            throw new IOException($"The assembly {name.Name} can't be loaded: {e.Message}", e);
        }
    }
}
