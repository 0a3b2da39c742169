using OrleansRegistry.Gateway;
using OrleansRegistry.Processes;
using OrleansRegistry.WebConsole;

namespace OrleansRegistry.Host;

/// <summary>
/// The lines that a node prints once it has started: its version and address, where its rows and its key are (never the
/// key), and a command to paste.
/// </summary>
internal static class StartBlock
{
    private const string AdminKeyVariable = "Registry__Auth__AdminKey";

    /// <summary>The lines of a node.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="addresses">The addresses on which it listens.</param>
    /// <param name="database">Where its rows are.</param>
    /// <param name="runner">What it runs.</param>
    public static string Of(RegistrySettings settings, IEnumerable<string> addresses, string database, IProcessRunner runner)
    {
        var listening = addresses.Where(address => BindingAddress.Parse(address).Port != settings.Options.HealthPort).ToList();
        var address = Reachable(BindingAddress.Parse(listening[0]), settings.Access.AllowedHosts);
        var file = Path.GetFullPath(Path.Combine(settings.Options.DataDirectory, AccessBootstrapper.FileName));
        var isSilo = settings.Options.Role == NodeRole.Silo;
        var (key, secret) = isSilo ? (null, null)
            : settings.Options.Auth.AdminKey is not null ? ($"in the setting {AdminKeyVariable}", $"${AdminKeyVariable}")
            : File.Exists(file) ? ($"in the file {file}", $"$(cat {Quote(file)})")
            : ("made before; the registry keeps no copy", (string?)null);
        List<(string Name, string? Text)> lines =
        [
            ("address", string.Join(", ", listening)),
            ("role", Setting.Names(typeof(NodeRole)).ElementAt((int)settings.Options.Role)),
            ("database", database),
            ("key", key),
            ("environments", isSilo || settings.PostgresConnectionString is not null ? null : Environments(runner)),
            ("console", isSilo || !settings.Options.Console.Enabled ? null : $"{address}{Links.Root}"),
            ("docs", isSilo || !settings.Options.Scalar ? null : $"{address}/scalar"),
            ("try", secret is null
                ? $"curl {address}/health/ready"
                : $"curl -H \"Authorization: Bearer {secret}\" {address}/v1/models"),
        ];
        return string.Join(Environment.NewLine,
        [
            $"OrleansRegistry {RegistryProgram.Version} has started.",
            .. lines.Where(line => line.Text is not null).Select(line => $"  {line.Name,-14}{line.Text}"),
        ]);
    }

    private static string Environments(IProcessRunner runner)
    {
        var running = runner.Environments.Where(environment => environment.Off is null).Select(environment => environment.Serving.Name).ToList();
        return running is [] ? $"none. {runner.Off}".TrimEnd() : string.Join(", ", running);
    }

    /// <summary>
    /// An address by which this machine reaches the server. Where it listens on all of its addresses, the name is one
    /// that requests may carry.
    /// </summary>
    private static string Reachable(BindingAddress address, IReadOnlyList<string> allowedHosts)
    {
        var isAny = address.Host is "*" or "+" or "0.0.0.0" or "[::]";
        var named = allowedHosts.FirstOrDefault(name => !name.Contains('*', StringComparison.Ordinal));
        var host = isAny ? named ?? "localhost" : address.Host;
        return $"{address.Scheme}://{host}:{address.Port}";
    }

    private static string Quote(string file) => $"'{file.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
