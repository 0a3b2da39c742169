using System.Text.Json.Nodes;

namespace OrleansRegistry.RestClient;

/// <summary>
/// The body of a request. A member that is set is sent, with the value null too; one that was never set is left out.
/// </summary>
public abstract class RequestBody
{
    private readonly Dictionary<string, object?> _values = [];

    private protected RequestBody()
    {
    }

    /// <summary>Sets a member that a newer registry knows and this client doesn't.</summary>
    /// <param name="member">Its name in JSON.</param>
    /// <param name="value">Its value.</param>
    public void SetMember(string member, JsonNode? value) => _values[member] = value;

    /// <summary>Whether a member was set.</summary>
    internal bool Has(string member) => _values.ContainsKey(member);

    /// <summary>The seconds that a member says; null where there is none.</summary>
    internal long? Seconds(string member) => _values.GetValueOrDefault(member) as long?;

    /// <summary>The body as JSON.</summary>
    internal JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (member, value) in _values)
        {
            json[member] = NodeOf(value);
        }

        return json;
    }

    private protected void Set(string member, object? value) => _values[member] = value;

    private protected string? GetText(string member) => Get<string>(member);

    private protected bool? GetFlag(string member) => (bool?)_values.GetValueOrDefault(member);

    private protected long? GetInteger(string member) => (long?)_values.GetValueOrDefault(member);

    private protected IReadOnlyList<string>? GetTexts(string member) => Get<IReadOnlyList<string>>(member);

    private protected IReadOnlyDictionary<string, string?>? GetTextTable(string member) =>
        Get<IReadOnlyDictionary<string, string?>>(member);

    private protected T? GetObject<T>(string member)
        where T : RequestBody => Get<T>(member);

    private protected IReadOnlyList<T>? GetMany<T>(string member)
        where T : RequestBody => Get<IReadOnlyList<T>>(member);

    private T? Get<T>(string member)
        where T : class => (T?)_values.GetValueOrDefault(member);

    private static JsonNode? NodeOf(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        long number => JsonValue.Create(number),
        RequestBody body => body.ToJson(),
        JsonNode node => node.DeepClone(),
        IEnumerable<string> texts => new JsonArray([.. texts.Select(text => (JsonNode?)JsonValue.Create(text))]),
        IEnumerable<KeyValuePair<string, string?>> table =>
            new JsonObject(
                table.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)JsonValue.Create(entry.Value)))),
        IEnumerable<RequestBody> bodies => new JsonArray([.. bodies.Select(body => (JsonNode?)body.ToJson())]),
        _ => throw new InvalidOperationException($"A member can't be a {value.GetType().Name}."),
    };
}
