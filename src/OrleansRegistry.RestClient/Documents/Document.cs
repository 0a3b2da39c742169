using System.Globalization;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>
/// A JSON object that the registry answered. Its members are read when they are asked for, so that an answer of an
/// older or a newer registry is no error as a whole. <see cref="Raw"/> has all of them, those too that this client
/// doesn't know (rule C8).
/// </summary>
public abstract class Document
{
    private protected Document(JsonElement raw) =>
        Raw = raw.ValueKind == JsonValueKind.Object
            ? raw
            : throw new InvalidAnswerException("The answer is no JSON object. Is the URL the registry's?");

    /// <summary>The whole object.</summary>
    public JsonElement Raw { get; }

    /// <summary>The entity tag that the answer came with, for <c>IfMatch</c>; null for what stands within an
    /// answer.</summary>
    public string? EntityTag { get; internal set; }

    private protected string Text(string member) => OptionalText(member) ?? throw Missing(member);

    private protected string? OptionalText(string member) => Member(member) is { } value ? TextOf(value) : null;

    private protected static string TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Unlike(value);

    private protected long Integer(string member) => OptionalInteger(member) ?? throw Missing(member);

    private protected long? OptionalInteger(string member) =>
        Member(member) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
        : throw Unlike(value);

    private protected double Number(string member) => OptionalNumber(member) ?? throw Missing(member);

    private protected double? OptionalNumber(string member) =>
        Member(member) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number
        : throw Unlike(value);

    private protected bool Flag(string member) => OptionalFlag(member) ?? throw Missing(member);

    private protected bool? OptionalFlag(string member) =>
        Member(member) is not { } value ? null : value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Unlike(value),
        };

    private protected DateTimeOffset Instant(string member) => OptionalInstant(member) ?? throw Missing(member);

    private protected DateTimeOffset? OptionalInstant(string member) =>
        Member(member) is not { } value ? null
        : DateTimeOffset.TryParse(TextOf(value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant
        : throw Unlike(value);

    private protected JsonElement Any(string member) => Raw.TryGetProperty(member, out var value) ? value : default;

    private protected T Object<T>(string member, Func<JsonElement, T> make)
        where T : Document => OptionalObject(member, make) ?? throw Missing(member);

    private protected T? OptionalObject<T>(string member, Func<JsonElement, T> make)
        where T : Document => Member(member) is { } value ? make(value) : null;

    private protected IReadOnlyList<T> Many<T>(string member, Func<JsonElement, T> make) =>
        OptionalMany(member, make) ?? throw Missing(member);

    private protected IReadOnlyList<T>? OptionalMany<T>(string member, Func<JsonElement, T> make) =>
        Member(member) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(make)]
        : throw Unlike(value);

    private protected IReadOnlyDictionary<string, T> Table<T>(string member, Func<JsonElement, T> make) =>
        OptionalTable(member, make) ?? throw Missing(member);

    private protected IReadOnlyDictionary<string, T>? OptionalTable<T>(string member, Func<JsonElement, T> make)
    {
        if (Member(member) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Unlike(value);
        }

        var table = new Dictionary<string, T>();
        foreach (var entry in value.EnumerateObject())
        {
            table[entry.Name] = make(entry.Value);
        }

        return table;
    }

    private JsonElement? Member(string member) =>
        Raw.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private InvalidAnswerException Missing(string member) => new($"The registry's {GetType().Name} has no {member}.");

    private static InvalidAnswerException Unlike(JsonElement value) =>
        new($"A member of the registry's answer is of the kind {value.ValueKind}, which this client doesn't expect.");
}
