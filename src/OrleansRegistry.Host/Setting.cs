using System.Collections.Frozen;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json;
using OrleansRegistry.Outbound;

namespace OrleansRegistry.Host;

/// <summary>A property of options: one setting, or a section of them.</summary>
internal sealed class Setting(PropertyInfo property)
{
    /// <summary>
    /// The settings that a type of options has: all its properties but those that the node sets itself
    /// (<c>Browsable(false)</c>).
    /// </summary>
    public static IEnumerable<Setting> Of(Type options) => options
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanWrite
            && property.GetCustomAttribute<BrowsableAttribute>() is not { Browsable: false })
        .Select(property => new Setting(property));

    /// <summary>The property.</summary>
    public PropertyInfo Property => property;

    /// <summary>The setting's name.</summary>
    public string Name { get; } = property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name ?? property.Name;

    /// <summary>The type of its value.</summary>
    public Type Type { get; } = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    /// <summary>Whether it is a section.</summary>
    public bool IsSection => IsOptions(Type);

    /// <summary>The type of its values, where its keys are anything: a word, a text, or options of their own; else null.</summary>
    public Type? Item => property.PropertyType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(FrozenDictionary<,>)
        ? type.GenericTypeArguments[1]
        : null;

    /// <summary>Whether it is a map of options.</summary>
    public bool IsMapOfSections => Item is { } item && IsOptions(item);

    /// <summary>Whether its value is never shown.</summary>
    public bool IsSecret => property.GetCustomAttribute<DataTypeAttribute>() is { DataType: DataType.Password };

    /// <summary>The least and the greatest of a whole number.</summary>
    public (long Min, long Max) Range { get; } = property.GetCustomAttribute<RangeAttribute>() is { } range
        ? (ToInteger(range.Minimum), ToInteger(range.Maximum))
        : (0, long.MaxValue);

    /// <summary>How a value must look.</summary>
    public string Rule => Type switch
    {
        _ when Item is { IsEnum: true } item => Words(item),
        _ when Type == typeof(int) || Type == typeof(long) => $"a whole number from {Range.Min} to {Range.Max}",
        _ when Type == typeof(bool) => "true or false",
        _ when Type.IsEnum => Words(Type),
        _ when Type == typeof(IPAddress) => "one IP address of this node",
        _ when Type == typeof(IReadOnlyList<IPNetwork>) =>
            "networks such as 10.1.0.0/16 or 10.1.2.3/32, separated by semicolons",
        _ when Type == typeof(IReadOnlyList<PortRange>) => "ports such as 443 or 8000-8999, separated by semicolons",
        _ when Type == typeof(ReadOnlyMemory<byte>) => $"at least {MinBytes} bytes in base64",
        _ => "a text",
    };

    private int MinBytes => property.GetCustomAttribute<MinLengthAttribute>()?.Length ?? 0;

    /// <summary>Reads a value; null when it breaks the rule.</summary>
    public object? Parse(string text) => Type switch
    {
        _ when Type == typeof(string) => text,
        _ when Type == typeof(int) => (object?)(int?)Number(text),
        _ when Type == typeof(long) => Number(text),
        _ when Type == typeof(bool) => bool.TryParse(text, out var flag) ? flag : null,
        _ when Type.IsEnum => Word(Type, text),
        _ when Type == typeof(IPAddress) =>
            IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any)
            && !address.Equals(IPAddress.IPv6Any)
                ? address
                : null,
        _ when Type == typeof(IReadOnlyList<string>) => Split(text),
        _ when Type == typeof(IReadOnlyList<IPNetwork>) => Networks(text),
        _ when Type == typeof(IReadOnlyList<PortRange>) => Ports(text),
        _ when Type == typeof(ReadOnlyMemory<byte>) => Bytes(text),
        _ => throw new NotSupportedException($"{property} has a type that no setting has yet."),
    };

    /// <summary>Reads a value of a map; null when it breaks the rule.</summary>
    public object? ParseItem(string text) => Item is { IsEnum: true } item ? Word(item, text) : text.Length > 0 ? text : null;

    /// <summary>Makes a map of its entries, as the property has it.</summary>
    public object ToMap(IEnumerable<KeyValuePair<string, object>> entries) => typeof(Setting)
        .GetMethod(nameof(Freeze), BindingFlags.NonPublic | BindingFlags.Static)!
        .MakeGenericMethod(Item!)
        .Invoke(null, [entries])!;

    /// <summary>One of the names of an enumeration; null for anything else.</summary>
    public static object? Word(Type type, string text) =>
        Array.Find(Enum.GetNames(type), word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found
            ? Enum.Parse(type, found)
            : null;

    /// <summary>The parts of a list.</summary>
    public static string[] Split(string list) =>
        list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The names of an enumeration, as they are written in settings.</summary>
    public static IEnumerable<string> Names(Type type) =>
        Enum.GetNames(type).Select(name => JsonNamingPolicy.CamelCase.ConvertName(name));

    private static FrozenDictionary<string, T> Freeze<T>(IEnumerable<KeyValuePair<string, object>> entries) =>
        entries.ToFrozenDictionary(entry => entry.Key, entry => (T)entry.Value, StringComparer.Ordinal);

    private static bool IsOptions(Type type) => type.IsClass && type.Namespace!.StartsWith(nameof(OrleansRegistry), StringComparison.Ordinal);

    private static string Words(Type type) => string.Join(" or ", Names(type));

    private static long ToInteger(object bound) => Convert.ToInt64(bound, CultureInfo.InvariantCulture);

    private long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= Range.Min && number <= Range.Max
            ? number
            : null;

    private static IPNetwork[]? Networks(string text)
    {
        var networks = Split(text)
            .Select(part => IPNetwork.TryParse(part, out var network) ? network : (IPNetwork?)null)
            .ToArray();
        return networks.Contains(null) ? null : [.. networks.OfType<IPNetwork>()];
    }

    private static PortRange[]? Ports(string text)
    {
        var ranges = Split(text).Select(PortRange.Parse).ToArray();
        return ranges.Contains(null) ? null : [.. ranges.OfType<PortRange>()];
    }

    private ReadOnlyMemory<byte>? Bytes(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length >= MinBytes
            ? (ReadOnlyMemory<byte>?)bytes.AsMemory(0, length)
            : null;
    }
}
