using OrleansRegistry.Cli.Output;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Settings;

/// <summary>Finds the registry and the key: options, then the environment, then the context file.</summary>
internal static class Connection
{
    /// <param name="terminal">Has the environment.</param>
    /// <param name="url">The option <c>--url</c>, or null.</param>
    /// <param name="name">The option <c>--context</c>, or null.</param>
    /// <param name="insecure">Whether the key may go over plain http beyond this machine.</param>
    /// <param name="timeout">How long the registry may be silent; null for the default.</param>
    /// <exception cref="UsageException">A setting is missing or not valid.</exception>
    public static RegistryRestClientOptions Find(
        Terminal terminal,
        string? url,
        string? name,
        bool insecure,
        TimeSpan? timeout)
    {
        var given = url ?? (name is null ? terminal.Variable("ORK_URL") : null);
        // The key of a context goes nowhere but to the context's own URL.
        var context = given is null ? Chosen(terminal, name) : default(RegistryContext?);
        var address = given ?? context?.Url
            ?? throw new UsageException("No registry is named. Do `ork login URL`, or set ORK_URL.");
        var options = new RegistryRestClientOptions
        {
            Url = Uri.TryCreate(address, UriKind.Absolute, out var parsed)
                ? parsed
                : throw new UsageException("The registry's URL is no valid URL."),
            ApiKey = KeyOf(terminal) ?? context?.ApiKey,
            CertificateAuthorities = terminal.Variable("ORK_CA") ?? context?.CertificateAuthorities,
            Insecure = insecure,
        };
        options.Timeout = timeout ?? options.Timeout;
        return options;
    }

    /// <summary>The key of the environment, or null.</summary>
    /// <exception cref="UsageException">It is named twice, or its file can't be read.</exception>
    public static string? KeyOf(Terminal terminal)
    {
        var (key, file) = (terminal.Variable("ORK_API_KEY"), terminal.Variable("ORK_API_KEY_FILE"));
        if (key is not null && file is not null)
        {
            throw new UsageException("ORK_API_KEY and ORK_API_KEY_FILE are both set; only one of them can be meant.");
        }

        return key?.Trim() ?? (file is null ? null : ReadKey(file));
    }

    /// <exception cref="UsageException">The file can't be read, or is empty.</exception>
    private static string ReadKey(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } key
                ? key
                : throw new UsageException($"The file {file} (ORK_API_KEY_FILE) is empty.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"ORK_API_KEY_FILE is {file}, which can't be read: {e.Message}");
        }
    }

    private static RegistryContext? Chosen(Terminal terminal, string? name)
    {
        var file = ContextFile.Read(terminal);
        var chosen = name ?? terminal.Variable("ORK_CONTEXT") ?? file.Current;
        return chosen is null ? null
            : file.Find(chosen) ?? throw new UsageException($"The context file {file.Path} has no context {chosen}.");
    }
}
