using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace OrleansRegistry.Gateway;

/// <summary>Instants as RFC 3339 in UTC, with milliseconds; read as <see cref="Instants"/> says.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Instants.TryParse(reader.GetString(), out var instant) ? instant : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToInstantText());
}

/// <summary>The names of an enumeration's members, as JSON and query parameters spell them.</summary>
internal static class EnumNames<T>
    where T : struct, Enum
{
    /// <summary>All names, in the order of their values.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<T>().Select(Of)];

    /// <summary>The name of a member.</summary>
    public static string Of(T value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The member of that name, exactly.</summary>
    public static bool TryParse(string? name, out T value)
    {
        foreach (var candidate in Enum.GetValues<T>())
        {
            if (Of(candidate) == name)
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }
}

/// <summary>
/// Enumerations by their names alone. The converter that comes with System.Text.Json also reads lists such as <c>draft,
/// published</c> and members without their underscores.
/// </summary>
/// <param name="names">The names, in the order of the members' values.</param>
/// <param name="comparison">How names are compared on input.</param>
internal sealed class EnumConverter<T>(IReadOnlyList<string> names, StringComparison comparison) : JsonConverter<T>, INamedValues
    where T : struct, Enum
{
    /// <summary>snake_case names, compared exactly.</summary>
    public EnumConverter()
        : this(EnumNames<T>.All, StringComparison.Ordinal)
    {
    }

    public IReadOnlyList<string> Names => names;

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        for (var place = 0; place < names.Count; place++)
        {
            if (names[place].Equals(text, comparison))
            {
                return Enum.GetValues<T>()[place];
            }
        }

        throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(names[Array.IndexOf(Enum.GetValues<T>(), value)]);
}

/// <summary>
/// The list that something is limited to: null where it is not limited, which is stored as an empty list. Requests
/// refuse such a list.
/// </summary>
internal sealed class LimitConverter : JsonConverter<ImmutableArray<string>>
{
    /// <summary>Writes the limits of keys and webhooks so.</summary>
    public static void ShowLimits(JsonTypeInfo type)
    {
        var property = type.Type == typeof(ApiKeyView) ? Property(nameof(ApiKeyView.ModelIds))
            : type.Type == typeof(WebhookView) ? Property(nameof(WebhookView.Types))
            : null;
        property?.CustomConverter = new LimitConverter();
        if (type.Type == typeof(ApiKeyView))
        {
            // As the request calls them.
            property!.Name = "models";
        }

        JsonPropertyInfo Property(string name) => type.Properties.Single(property => ((MemberInfo)property.AttributeProvider!).Name == name);
    }

    /// <remarks>Requests say what is wrong with them elsewhere; here the console reads answers.</remarks>
    public override ImmutableArray<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? [] : [.. JsonSerializer.Deserialize<string[]>(ref reader, options)!];

    public override void Write(Utf8JsonWriter writer, ImmutableArray<string> value, JsonSerializerOptions options)
    {
        if (value.IsDefaultOrEmpty)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartArray();
        foreach (var item in value)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}

/// <summary>A converter of a type that has few values, each with a name.</summary>
internal interface INamedValues
{
    /// <summary>The names.</summary>
    IReadOnlyList<string> Names { get; }
}
