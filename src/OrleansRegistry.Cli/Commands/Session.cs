using System.CommandLine;
using System.Text.Json;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>One run of a command: its arguments, its printer, and the registry once it is asked.</summary>
internal sealed class Session(ParseResult parsed, Printer printer, Func<RegistryRestClientOptions> settings) : IDisposable
{
    private RegistryRestClient? _registry;

    public Printer Printer => printer;

    public Terminal Terminal => printer.Terminal;

    public bool IsJson => printer.Format == Format.Json;

    public bool IsIds => printer.Format == Format.Ids;

    /// <summary>Whether the key may go over plain http beyond this machine.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>The registry. Settings are looked up now.</summary>
    /// <exception cref="UsageException">A setting is missing or not valid.</exception>
    public RegistryRestClient Registry => _registry ??= Connect(settings());

    /// <summary>The settings as they are found, for the login.</summary>
    public RegistryRestClient Connect(RegistryRestClientOptions options)
    {
        options.OnRetry = notice => printer.Note(
            $"{notice.Operation} is tried again in {notice.Wait.TotalSeconds:0.0} s: {notice.Error.Detail}");
        return new RegistryRestClient(options);
    }

    public T? Value<T>(Argument<T> argument) => parsed.GetValue(argument);

    public T? Value<T>(Option<T> option) => parsed.GetValue(option);

    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Prints a document: as JSON, by its id, or as fields.</summary>
    public void Show(Document document, string id, IEnumerable<(string Name, string? Value)> fields)
    {
        if (IsJson)
        {
            printer.Json(document.Raw);
        }
        else if (IsIds)
        {
            printer.Line(id);
        }
        else
        {
            printer.Fields(fields);
        }
    }

    /// <summary>Prints a list, with all of its pages.</summary>
    public async Task List<T>(
        IAsyncEnumerable<T> items, Func<T, string> id, string[] header, Func<T, string?[]> row,
        CancellationToken cancellationToken)
        where T : Document
    {
        if (IsIds)
        {
            await foreach (var item in items.WithCancellation(cancellationToken))
            {
                printer.Line(id(item));
            }

            return;
        }

        var all = await items.ToListAsync(cancellationToken);
        if (IsJson)
        {
            printer.Json(Page(all));
        }
        else
        {
            printer.Table(header, all.Select(row));
        }
    }

    /// <summary>Asks whether to go on (rule K3).</summary>
    /// <exception cref="UsageException">Nobody can be asked.</exception>
    /// <exception cref="OperationCanceledException">The answer is no.</exception>
    public void Confirm(string question, bool isConfirmed, string option = "--yes")
    {
        if (isConfirmed)
        {
            return;
        }

        if (!Terminal.CanAsk)
        {
            throw new UsageException($"Nobody can be asked here whether that is meant. Say so with {option}.");
        }

        Terminal.Error.Write($"{SafeText.Line(question)} [y/N] ");
        Terminal.Error.Flush();
        if (Terminal.ReadLine()?.Trim() is not ("y" or "Y" or "yes"))
        {
            throw new UsageException("Nothing was done.");
        }
    }

    /// <summary>Several documents as one page of a list.</summary>
    public static JsonElement Page(IEnumerable<Document> items) =>
        JsonElement.Parse($$"""{"items":[{{string.Join(',', items.Select(item => item.Raw.GetRawText()))}}],"next_page_token":null}""");

    public void Dispose() => _registry?.Dispose();
}
