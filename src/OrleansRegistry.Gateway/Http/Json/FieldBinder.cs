using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Fills a request with the fields of a JSON object. It goes field by field, where a deserializer would stop at the
/// first problem, so that a caller hears of all of them, each by its name.
/// </summary>
/// <param name="problems">Takes what is wrong.</param>
/// <param name="isMergePatch">Whether null stands for an entry that is to be removed.</param>
internal sealed class FieldBinder(ICollection<FieldError> problems, bool isMergePatch)
{
    // What stands for a text that could not be read.
    private const string Empty = "";

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    /// <summary>
    /// Fills an object; its fields are named below <paramref name="path"/>. Answers the names that were there.
    /// </summary>
    public HashSet<string> Fill(object target, JsonElement source, string path)
    {
        var type = JsonSettings.Options.GetTypeInfo(target.GetType());
        HashSet<string> given = new(StringComparer.Ordinal);
        foreach ((var name, var value) in Fields(source, path, given))
        {
            if (type.Properties.FirstOrDefault(property => property.Name == name) is { } property)
            {
                Set(target, property, value, path + name);
            }
            else
            {
                Refuse(path + name, "is not a field of this request");
            }
        }

        foreach (var property in type.Properties.Where(property => property.IsRequired && !given.Contains(property.Name)))
        {
            Note(path + property.Name);
            Refuse(path + property.Name, "is required");
        }

        return given;
    }

    /// <summary>
    /// The place of a field among those of the body, in the order in which they stand there. One that is missing comes
    /// behind the others of its object, and one that is missing from the body behind all.
    /// </summary>
    public int PlaceOf(string field) => _places.GetValueOrDefault(field, int.MaxValue);

    private void Note(string path) => _places.TryAdd(path, _places.Count);

    private void Set(object target, JsonPropertyInfo property, JsonElement value, string path)
    {
        var type = JsonSettings.Options.GetTypeInfo(property.PropertyType);
        switch (type.Kind)
        {
            case var _ when value.ValueKind == JsonValueKind.Null && property.IsSetNullable:
                property.Set!(target, null);
                break;
            case JsonTypeInfoKind.Object when value.ValueKind == JsonValueKind.Object:
                var part = Create(type);
                Fill(part, value, path + ".");
                property.Set!(target, part);
                break;
            case JsonTypeInfoKind.Dictionary when value.ValueKind == JsonValueKind.Object:
                property.Set!(target, Texts(value, path + ".", JsonSettings.Options.GetTypeInfo(type.ElementType!)));
                break;
            case JsonTypeInfoKind.Enumerable when value.ValueKind == JsonValueKind.Array:
                property.Set!(target, Parts(value, path, JsonSettings.Options.GetTypeInfo(type.ElementType!)));
                break;
            case JsonTypeInfoKind.Enumerable:
                Refuse(path, "must be a list");
                break;
            case JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary:
                Refuse(path, "must be an object");
                break;
            default:
                if (TryRead(value, type, path, isNullable: false, out var read))
                {
                    property.Set!(target, read);
                }

                break;
        }
    }

    /// <summary>
    /// A list of objects or texts; what is wrong with one is named by its place, <c>rates[3].stage</c>.
    /// </summary>
    private Array Parts(JsonElement source, string path, JsonTypeInfo type)
    {
        var parts = Array.CreateInstance(type.Type, source.GetArrayLength());
        foreach (var (place, value) in source.EnumerateArray().Index())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{path}[{place}]");
            Note(name);
            parts.SetValue(
                type.Kind == JsonTypeInfoKind.Object ? Part(value, name, type)
                : TryRead(value, type, name, isNullable: false, out var text) ? text
                : type.Type == typeof(string) ? Empty
                : null,
                place);
        }

        return parts;
    }

    private object Part(JsonElement value, string name, JsonTypeInfo type)
    {
        var part = Create(type);
        if (value.ValueKind == JsonValueKind.Object)
        {
            Fill(part, value, name + ".");
        }
        else
        {
            Refuse(name, "must be an object");
        }

        return part;
    }

    /// <summary>An object whose texts are there, if empty: the rules look at it, whatever could not be read of it.</summary>
    private static object Create(JsonTypeInfo type)
    {
        var part = type.CreateObject!();
        foreach (var property in type.Properties.Where(property => property.PropertyType == typeof(string)))
        {
            if (property is { IsSetNullable: false, Set: { } set, Get: { } get } && get(part) is null)
            {
                set(part, Empty);
            }
        }

        return part;
    }

    private Dictionary<string, string?> Texts(JsonElement source, string path, JsonTypeInfo type)
    {
        Dictionary<string, string?> texts = new(StringComparer.Ordinal);
        foreach ((var name, var value) in Fields(source, path, new HashSet<string>(StringComparer.Ordinal)))
        {
            if (TryRead(value, type, path + name, isMergePatch, out var text))
            {
                texts[name] = (string?)text;
            }
        }

        return texts;
    }

    /// <summary>The fields of an object, without those whose name is no text or came before.</summary>
    private IEnumerable<(string Name, JsonElement Value)> Fields(JsonElement source, string path, HashSet<string> given)
    {
        foreach (var field in source.EnumerateObject())
        {
            if (NameOf(field) is not { } name)
            {
                Refuse(path.TrimEnd('.') is { Length: > 0 } parent ? parent : "body", "has a field whose name is not Unicode text");
            }
            else if (!given.Add(name))
            {
                Refuse(path + name, "must not appear twice");
            }
            else
            {
                Note(path + name);
                yield return (name, field.Value);
            }
        }
    }

    private bool TryRead(JsonElement value, JsonTypeInfo type, string path, bool isNullable, out object? read)
    {
        try
        {
            read = value.Deserialize(type);
            if (read is null && !isNullable)
            {
                Refuse(path, Rule(type));
            }
            else if (read is string text && !WellFormedText.IsWellFormed(text))
            {
                Refuse(path, WellFormedText.Rule);
            }
            else
            {
                return true;
            }
        }
        catch (JsonException) when (value.ValueKind == JsonValueKind.String && type.Type == typeof(string))
        {
            read = null;
            Refuse(path, WellFormedText.Rule);
        }
        catch (JsonException)
        {
            read = null;
            Refuse(path, Rule(type));
        }

        return false;
    }

    private void Refuse(string path, string message) => problems.Add(new FieldError(path, message));

    /// <summary>A field's name, or null when it is no Unicode text.</summary>
    internal static string? NameOf(JsonProperty field)
    {
        try
        {
            return WellFormedText.IsWellFormed(field.Name) ? field.Name : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Rule(JsonTypeInfo type)
    {
        var value = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        return value switch
        {
            _ when value == typeof(string) => "must be a string",
            _ when value == typeof(bool) => "must be true or false",
            _ when value == typeof(DateTimeOffset) => Instants.Rule,
            _ when JsonSettings.Options.GetConverter(value) is INamedValues named => "must be " + string.Join(" or ", named.Names),
            _ => "must be a whole number",
        };
    }
}
