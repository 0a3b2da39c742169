using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansRegistry.Cli.Output;

namespace OrleansRegistry.Cli.Settings;

/// <summary>A registry that the user has logged in to.</summary>
/// <param name="Url">Its address.</param>
/// <param name="ApiKey">The key, or null.</param>
/// <param name="CertificateAuthorities">A file with the only authorities to trust, or null.</param>
internal readonly record struct RegistryContext(string Url, string? ApiKey, string? CertificateAuthorities)
{
    // The key is no part of it (rule K5).
    public override string ToString() => Url;
}

/// <summary>
/// The contexts of the user: <c>$ORK_CONFIG</c>, else <c>$XDG_CONFIG_HOME/ork/config.json</c>, else
/// <c>~/.config/ork/config.json</c>. Only its owner can read it (rule K5).
/// </summary>
internal sealed class ContextFile
{
    private readonly JsonObject _root;

    private ContextFile(string path, JsonObject root) => (Path, _root) = (path, root);

    public string Path { get; }

    /// <summary>The context that is used when none is named.</summary>
    public string? Current
    {
        get => (string?)_root["current"];
        set => _root["current"] = value;
    }

    public IEnumerable<string> Names => Contexts.Select(context => context.Key);

    private JsonObject Contexts => (JsonObject)_root["contexts"]!;

    /// <exception cref="UsageException">Others can read the file, or it is no file of contexts.</exception>
    public static ContextFile Read(Terminal terminal)
    {
        var home = terminal.Variable("XDG_CONFIG_HOME")
            ?? System.IO.Path.Combine(
                terminal.Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                ".config");
        var path = terminal.Variable("ORK_CONFIG") ?? System.IO.Path.Combine(home, "ork", "config.json");
        try
        {
            using var stream = File.OpenRead(path);
            // Of the open file, so that nobody puts another one in its place meanwhile.
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & (UnixFileMode)0b000_111_111) != 0)
            {
                throw new UsageException($"Others can read {path}, and there are keys in it. Do: chmod 600 {path}");
            }

            return JsonNode.Parse(stream) is JsonObject root && root["contexts"] is JsonObject contexts
                && contexts.All(entry => entry.Value is JsonObject)
                ? new ContextFile(path, root)
                : throw new UsageException($"The context file {path} has no contexts.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ContextFile(path, new JsonObject { ["current"] = null, ["contexts"] = new JsonObject() });
        }
        catch (JsonException)
        {
            // The reader's own message could show what stands in the file.
            throw new UsageException($"The context file {path} is no JSON.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The context file {path} can't be read: {e.Message}");
        }
    }

    public RegistryContext? Find(string name) => Contexts[name] is JsonObject context && Text(context, "url") is { } url
        ? new RegistryContext(url, Text(context, "api_key"), Text(context, "ca"))
        : null;

    public void Set(string name, RegistryContext context)
    {
        var entry = new JsonObject { ["url"] = context.Url };
        if (context.ApiKey is not null)
        {
            entry["api_key"] = context.ApiKey;
        }

        if (context.CertificateAuthorities is not null)
        {
            entry["ca"] = context.CertificateAuthorities;
        }

        Contexts[name] = entry;
    }

    public bool Remove(string name)
    {
        if (Current == name)
        {
            Current = null;
        }

        return Contexts.Remove(name);
    }

    /// <summary>Writes the file anew, in the place of the old one, for its owner only.</summary>
    /// <exception cref="UsageException">It can't be written.</exception>
    public void Write()
    {
        try
        {
            var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory);
            }
            else
            {
                Directory.CreateDirectory(
                    directory,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            var temporary = $"{Path}.{Environment.ProcessId}";
            using (var writer = new Utf8JsonWriter(new FileStream(temporary, options), new JsonWriterOptions { Indented = true }))
            {
                _root.WriteTo(writer);
            }

            File.Move(temporary, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The context file {Path} can't be written: {e.Message}");
        }
    }

    private static string? Text(JsonObject context, string member) =>
        context[member] is JsonValue value && value.GetValueKind() == JsonValueKind.String
            && (string?)value is { Length: > 0 } text
            ? text
            : null;
}
