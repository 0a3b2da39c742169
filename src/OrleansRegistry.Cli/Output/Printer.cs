using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansRegistry.Cli.Output;

/// <summary>How a command shows what it has found (rule K1).</summary>
internal enum Format
{
    /// <summary>Tables and sentences for people.</summary>
    Table,

    /// <summary>The documents of the HTTP interface.</summary>
    Json,

    /// <summary>Ids, a line each.</summary>
    Ids,
}

/// <summary>Writes data to standard output, and all else to standard error (rule K1).</summary>
internal sealed class Printer(Terminal terminal, Format format)
{
    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Format Format => format;

    public Terminal Terminal => terminal;

    /// <summary>A line of data.</summary>
    public void Line(string text) => Write(SafeText.Line(text) + "\n");

    /// <summary>Lines of data, as they are but for what a terminal must not have.</summary>
    public void Lines(string text) => Write(SafeText.Lines(text));

    /// <summary>A line beside the data.</summary>
    public void Note(string text)
    {
        terminal.Error.WriteLine(SafeText.Line(text));
        terminal.Error.Flush();
    }

    /// <summary>A document of the HTTP interface.</summary>
    public void Json(JsonElement document) => Write(Text(document, Indented) + "\n");

    /// <summary>A document in one line, for streams.</summary>
    public void JsonLine(JsonElement document) => Write(Text(document, OneLine) + "\n");

    /// <summary>Bytes that somebody else wrote: as they are, unless they would go to a terminal.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (terminal.IsOutputTerminal)
        {
            Lines(Encoding.UTF8.GetString(bytes));
            return;
        }

        terminal.Output.Write(bytes);
        terminal.Output.Flush();
    }

    /// <summary>Rows below a header, in columns.</summary>
    public void Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string?>> rows)
    {
        List<string[]> lines = [[.. header.Select(SafeText.Line)], .. rows.Select(row => (string[])[.. row.Select(cell => cell is null or "" ? "-" : SafeText.Line(cell))])];
        var widths = Enumerable.Range(0, header.Count).Select(column => lines.Max(line => Width(line[column]))).ToArray();
        foreach (var line in lines)
        {
            Write(
                string.Join("  ", line.Select((cell, column) => cell + new string(' ', widths[column] - Width(cell)))).TrimEnd() + "\n");
        }
    }

    /// <summary>Names with their values, a line each.</summary>
    public void Fields(IEnumerable<(string Name, string? Value)> fields)
    {
        var shown = fields.Where(field => field.Value is not (null or "")).ToList();
        var width = shown.Count == 0 ? 0 : shown.Max(field => field.Name.Length);
        foreach (var (name, value) in shown)
        {
            Write($"{name.PadRight(width)}  {SafeText.Line(value!)}\n");
        }
    }

    private static int Width(string text) => text.EnumerateRunes().Count();

    private static string Text(JsonElement document, JsonWriterOptions options)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            document.WriteTo(writer);
        }

        return SafeText.Json(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }

    private void Write(string text)
    {
        terminal.Output.Write(Encoding.UTF8.GetBytes(text));
        terminal.Output.Flush();
    }
}
