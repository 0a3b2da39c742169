using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>Reads the fields of forms for the HTTP interface, which says what is wrong with them.</summary>
internal static class FormFields
{
    /// <summary>The form of a request.</summary>
    /// <exception cref="RequestRefusedException">It has none that can be read.</exception>
    public static async Task<IFormCollection> ReadForm(this HttpContext context)
    {
        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception e) when (IsOfTheForm(e) && !context.RequestAborted.IsCancellationRequested)
        {
            throw new RequestRefusedException(RegistryError.Invalid(
                "body", "must be a form as browsers send it, to its end, in UTF-8, without NUL, and with no more fields than the page has"));
        }
    }

    /// <summary>The text of a field without the space around it, or null for none. Browsers end lines with CR LF.</summary>
    public static string? Text(this IFormCollection form, string field) =>
        form[field].ToString().Replace("\r\n", "\n", StringComparison.Ordinal).Trim() is { Length: > 0 } text ? text : null;

    /// <summary>A number, or the text that is none: the interface refuses it by the name of its field.</summary>
    public static JsonNode? Number(this IFormCollection form, string field) => form.Text(field) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
        : JsonValue.Create(text);

    /// <summary>The lines of a field, or null for none.</summary>
    public static IReadOnlyList<string>? Lines(this IFormCollection form, string field) =>
        form.Text(field)?.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Lines of the form <c>key: value</c>, or null for none. One without a colon is a key with an empty value.</summary>
    public static JsonObject? Pairs(this IFormCollection form, string field)
    {
        if (form.Lines(field) is not { } lines)
        {
            return null;
        }

        var pairs = new JsonObject();
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            pairs[colon < 0 ? line : line[..colon].TrimEnd()] = colon < 0 ? "" : line[(colon + 1)..].TrimStart();
        }

        return pairs;
    }

    /// <summary>A list of texts.</summary>
    public static JsonArray? Array(IReadOnlyList<string>? texts) => texts is null ? null : [.. texts.Select(text => JsonValue.Create(text))];

    /// <summary>Sets a field, where there is a value.</summary>
    public static JsonObject With(this JsonObject body, string field, JsonNode? value)
    {
        if (value is not null)
        {
            body[field] = value;
        }

        return body;
    }

    /// <summary>
    /// What the reader of forms throws: for its content type or a NUL, a limit or a broken part, a character set, and a
    /// body that ends before the form does. What the server throws is of a type of its own.
    /// </summary>
    private static bool IsOfTheForm(Exception e) =>
        e is InvalidOperationException or InvalidDataException or NotSupportedException || e.GetType() == typeof(IOException);
}
