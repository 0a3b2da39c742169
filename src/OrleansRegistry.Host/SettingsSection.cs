using System.Globalization;
using System.Net;

namespace OrleansRegistry.Host;

/// <summary>Reads the settings of one section, and collects all that is wrong with them.</summary>
internal sealed class SettingsSection(IConfigurationSection section, List<string> problems)
{
    private readonly List<string> _known = [];

    /// <summary>A section within this one.</summary>
    public SettingsSection Section(string name)
    {
        _known.Add(name);
        return new SettingsSection(section.GetSection(name), problems);
    }

    /// <summary>The names of what is set.</summary>
    public IEnumerable<string> Keys => section.GetChildren().Select(child => child.Key);

    /// <summary>A text; what is blank is wrong.</summary>
    public string Text(string name, string otherwise)
    {
        _known.Add(name);
        if (section[name] is not { } text)
        {
            return otherwise;
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            Add(name, "is empty");
        }

        return text;
    }

    /// <summary>A whole number within bounds.</summary>
    public int Number(string name, int least, int most, int otherwise) => (int)Number(name, least, (long)most, otherwise);

    /// <summary>A whole number within bounds.</summary>
    public long Number(string name, long least, long most, long otherwise) => Read(
        name,
        otherwise,
        $"a whole number from {least} to {most}",
        text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null);

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool otherwise) =>
        Read<bool>(name, otherwise, "true or false", text => bool.TryParse(text, out var flag) ? flag : null);

    /// <summary>One of a few words.</summary>
    public T Choice<T>(string name, T otherwise)
        where T : struct, Enum => Read<T>(
            name,
            otherwise,
            string.Join(" or ", Enum.GetNames<T>()),
            text => Array.Find(Enum.GetNames<T>(), word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found ? Enum.Parse<T>(found) : null);

    /// <summary>An IP address.</summary>
    public IPAddress Address(string name, IPAddress otherwise)
    {
        var text = Text(name, otherwise.ToString());
        if (IPAddress.TryParse(text, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            return address;
        }

        Add(name, $"is '{text}'; it must be one IP address of this node");
        return otherwise;
    }

    /// <summary>Networks, separated by semicolons.</summary>
    public IReadOnlyList<IPNetwork> Networks(string name)
    {
        List<IPNetwork> networks = [];
        foreach (var text in Text(name, "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(text, out var network))
            {
                networks.Add(network);
            }
            else
            {
                Add(name, $"names '{text}'; it must be networks such as 10.1.0.0/16 or 10.1.2.3/32, separated by semicolons");
            }
        }

        return networks;
    }

    /// <summary>Notes something else that is wrong with a setting.</summary>
    public void Add(string name, string problem) => problems.Add($"{section.Path}:{name} {problem}");

    /// <summary>Refuses what nobody has asked for, once all settings are read.</summary>
    public void RefuseOthers() => problems.AddRange(section.GetChildren()
        .Where(child => !_known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
        .Select(child => $"{child.Path} is not a setting; there are {string.Join(", ", _known)}"));

    private T Read<T>(string name, T otherwise, string rule, Func<string, T?> parse)
        where T : struct
    {
        _known.Add(name);
        if (section[name] is not { Length: > 0 } text)
        {
            return otherwise;
        }

        if (parse(text) is { } value)
        {
            return value;
        }

        Add(name, $"is '{text}'; it must be {rule}");
        return otherwise;
    }
}
