using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>The settings as documents, made from the options: a JSON schema, and the tables of <c>docs/settings.md</c>.</summary>
internal static class SettingsDocument
{
    private const string Root = "Registry";

    /// <summary>Stands for the key of a map.</summary>
    private const string AnyName = "{name}";

    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All settings, those of each section together.</summary>
    public static ImmutableArray<DocumentedSetting> Settings { get; } =
        [.. Walk([Root], new RegistryOptions()).OrderBy(setting => setting.Section.Length > 1)];

    /// <summary>The names of all settings, as variables of the environment.</summary>
    public static ImmutableHashSet<string> Names { get; } = [.. Settings.Select(setting => setting.Variable)];

    /// <summary>The JSON schema of <c>appsettings.json</c>: closed below <c>Registry</c>, open elsewhere.</summary>
    public static string Schema()
    {
        var registry = Section("The settings of a node.");
        foreach (var setting in Settings)
        {
            var section = registry;
            for (var depth = 1; depth < setting.Section.Length; depth++)
            {
                section = setting.Section[depth] == AnyName
                    ? section["additionalProperties"] as JsonObject ?? (section["additionalProperties"] = Section("One of them.")).AsObject()
                    : (section["properties"]!.AsObject()[setting.Section[depth]] ??= Section(Summary(setting.Section[..(depth + 1)]))).AsObject();
            }

            section["properties"]![setting.Setting.Name] = Describe(setting);
        }

        var document = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Settings of OrleansRegistry in appsettings.json",
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                [Root] = registry,
                ["ConnectionStrings"] = new JsonObject
                {
                    ["type"] = "object",
                    ["properties"] = new JsonObject
                    {
                        [Root] = new JsonObject
                        {
                            ["description"] = "A PostgreSQL database instead of SQLite, as an Npgsql connection string.",
                            ["type"] = "string",
                        },
                    },
                },
            },
        };
        return document.ToJsonString(Indented) + "\n";
    }

    /// <summary>The tables, one a section.</summary>
    public static string Tables()
    {
        StringBuilder text = new();
        foreach (var section in Settings.GroupBy(setting => string.Join("__", setting.Section)))
        {
            var path = section.First().Section;
            text.Append(CultureInfo.InvariantCulture, $"## {(path.Length == 1 ? "Node" : string.Join(' ', path.Skip(1)))}\n\n");
            text.Append(path.Length == 1 ? "" : Summary(path) + "\n\n");
            text.Append("| setting | default | unit, values | use |\n|---|---|---|---|\n");
            foreach (var setting in section)
            {
                text.Append(CultureInfo.InvariantCulture, $"| `{setting.Variable}` | {setting.Default} | {setting.Values} | {setting.Summary} |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<DocumentedSetting> Walk(ImmutableArray<string> path, object options) =>
        Setting.Of(options.GetType()).SelectMany(setting => setting.IsSection
            ? Walk(path.Add(setting.Name), setting.Property.GetValue(options) ?? Activator.CreateInstance(setting.Type)!)
            : setting.IsMapOfSections ? Walk(path.Add(setting.Name).Add(AnyName), Activator.CreateInstance(setting.Item!)!)
            : [new DocumentedSetting(path, setting, setting.Property.GetValue(options))]);

    private static string Summary(ImmutableArray<string> section)
    {
        var type = typeof(RegistryOptions);
        var summary = "";
        foreach (var name in section.Skip(1).Where(name => name != AnyName))
        {
            var found = Setting.Of(type).First(setting => setting.Name == name);
            (type, summary) = (found.Item ?? found.Type, XmlComments.Of(found.Property).Summary);
        }

        return summary;
    }

    private static JsonObject Section(string description) => new()
    {
        ["description"] = description,
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject(),
    };

    private static JsonObject Describe(DocumentedSetting documented)
    {
        var setting = documented.Setting;
        var node = new JsonObject { ["description"] = documented.Summary.Replace("`", "", StringComparison.Ordinal) };
        switch (setting.Type)
        {
            case var type when type == typeof(int) || type == typeof(long):
                (node["type"], node["minimum"], node["maximum"]) = ("integer", setting.Range.Min, setting.Range.Max);
                break;
            case var type when type == typeof(bool):
                node["type"] = "boolean";
                break;
            case { IsEnum: true }:
                node["enum"] = new JsonArray([.. Setting.Names(setting.Type)]);
                break;
            case var _ when setting.Item is { } item:
                node["type"] = "object";
                node["additionalProperties"] = item.IsEnum
                    ? new JsonObject { ["enum"] = new JsonArray([.. Setting.Names(item)]) }
                    : new JsonObject { ["type"] = "string", ["minLength"] = 1 };
                break;
            default:
                (node["type"], node["minLength"]) = ("string", 1);
                break;
        }

        if (setting.IsSecret)
        {
            node["writeOnly"] = true;
        }

        if (documented.Unit is { } unit)
        {
            node["unit"] = unit;
        }

        if (documented is { HasFixedDefault: true, Value: not null })
        {
            node["default"] = documented.Value switch
            {
                bool flag => flag,
                int or long => Convert.ToInt64(documented.Value, CultureInfo.InvariantCulture),
                _ => documented.ValueText,
            };
        }

        return node;
    }
}

/// <summary>A setting, and what there is to say about it.</summary>
/// <param name="Section">The names of the sections that it is in.</param>
/// <param name="Setting">The setting.</param>
/// <param name="Value">Its initial value.</param>
internal sealed record DocumentedSetting(ImmutableArray<string> Section, Setting Setting, object? Value)
{
    private static readonly string[] Units = ["Seconds", "Hours", "Days", "Bytes", "MiB"];

    private (string Summary, string? Value) Comment => XmlComments.Of(Setting.Property);

    public string Variable => string.Join("__", [.. Section, Setting.Name]) + (Setting.Item is { } item ? item.IsEnum ? "__{value}" : "__{name}" : "");

    public string Summary => Comment.Summary;

    /// <summary>Whether the default depends on nothing.</summary>
    public bool HasFixedDefault => Comment.Value is null;

    public string? Unit => Setting.Name.Contains("PerSecond", StringComparison.Ordinal)
        ? "a second"
        : Array.Find(Units, unit => Setting.Name.EndsWith(unit, StringComparison.Ordinal)) is { } unit ? Unitless(unit) : null;

    public string ValueText => Value is Enum ? Setting.Names(Setting.Type).ElementAt(Convert.ToInt32(Value, CultureInfo.InvariantCulture))
        : Value is bool flag ? flag ? "true" : "false"
        : Convert.ToString(Value, CultureInfo.InvariantCulture)!;

    public string Default => Comment.Value ?? (ValueText.Length == 0 ? "" : $"`{ValueText}`");

    public string Values
    {
        get
        {
            if ((Setting.Item ?? Setting.Type) is { IsEnum: true } words)
            {
                return string.Join(", ", Setting.Names(words).Select(name => $"`{name}`"));
            }

            if (Setting.Type == typeof(bool))
            {
                return "`true`, `false`";
            }

            return Setting.Type != typeof(int) && Setting.Type != typeof(long)
                ? Setting.Type == typeof(IPAddress) ? "IP address" : ""
                : string.Create(CultureInfo.InvariantCulture, $"{(Unit is null ? "" : Unit + ", ")}{Setting.Range.Min:N0} to {Setting.Range.Max:N0}");
        }
    }

    private static string Unitless(string unit) => unit == "MiB" ? unit : JsonNamingPolicy.CamelCase.ConvertName(unit);
}
