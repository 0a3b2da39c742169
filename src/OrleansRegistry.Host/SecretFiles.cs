namespace OrleansRegistry.Host;

/// <summary>
/// Settings that are secret come as files where containers get them, each by the name of its setting.
/// </summary>
internal static class SecretFiles
{
    private const string Place = "/run/secrets";

    /// <summary>The files that are there.</summary>
    public static IEnumerable<string> All => Directory.Exists(Place) ? Directory.EnumerateFiles(Place) : [];

    /// <summary>Adds the settings that are there. They win over all others.</summary>
    public static void AddSecretFiles(this IConfigurationBuilder configuration) => configuration.AddKeyPerFile(Place, optional: true);
}
