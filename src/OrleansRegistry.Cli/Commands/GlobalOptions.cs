using System.CommandLine;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions(Terminal terminal)
{
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the documents of the HTTP interface.",
        Recursive = true,
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print ids only.", Recursive = true };

    private readonly Option<string?> _url = new("--registry")
    {
        Description = "The registry's address, instead of ORK_URL or the context's.",
        Recursive = true,
        HelpName = "URL",
    };

    private readonly Option<string?> _context = new("--context")
    {
        Description = "The context to use, instead of the current one.",
        Recursive = true,
        HelpName = "NAME",
    };

    private readonly Option<bool> _insecure = new("--insecure")
    {
        Description = "Let the key go over plain http beyond this machine.",
        Recursive = true,
    };

    private readonly Option<TimeSpan?> _timeout = Inputs.Duration(
        "--timeout",
        "How long the registry may be silent; 30s by default.");

    public Terminal Terminal => terminal;

    public void AddTo(Command root)
    {
        _timeout.Recursive = true;
        foreach (var option in (IEnumerable<Option>)[_json, _quiet, _url, _context, _insecure, _timeout])
        {
            root.Options.Add(option);
        }
    }

    /// <summary>The session of a command.</summary>
    public Session Open(ParseResult parsed)
    {
        var format = parsed.GetValue(_json) ? Format.Json : parsed.GetValue(_quiet) ? Format.Ids : Format.Table;
        return new Session(parsed, new Printer(terminal, format), Settings) { IsInsecure = parsed.GetValue(_insecure) };

        RegistryRestClientOptions Settings() => Connection.Find(
            terminal, parsed.GetValue(_url), parsed.GetValue(_context), parsed.GetValue(_insecure), parsed.GetValue(
                _timeout));
    }
}
