namespace OrleansRegistry.Host;

/// <summary>
/// Gives options the values of a section of the configuration, and collects all that is wrong with them. (The
/// configuration's own binder stops at the first value that it can't convert, and shows it even if it is a secret.)
/// </summary>
internal sealed class SettingsBinder(List<string> problems)
{
    /// <summary>Sets what the section says; everything else stays as it is.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The options that take their values from it, one or several.</param>
    public void Bind(IConfigurationSection section, params object[] options) => Bind(section, section.Path, options);

    private void Bind(IConfigurationSection section, string path, object[] options)
    {
        var settings = options
            .SelectMany(part => Setting.Of(part.GetType()), (part, setting) => (Part: part, Setting: setting))
            .ToLookup(known => known.Setting.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            var found = settings[child.Key].ToList();
            switch (found)
            {
                case []:
                    var names = string.Join(", ", settings.Select(known => known.Key));
                    problems.Add($"{path}:{child.Key} is not a setting; there are {names}");
                    break;
                case [{ Setting: { IsSection: true, Name: var name } }, ..]:
                    Bind(child, $"{path}:{name}", [.. found.Select(known => Section(known.Part, known.Setting))]);
                    break;
                case [{ Setting.Item: not null } map]:
                    var entries = map.Setting.IsMapOfSections
                        ? Sections(child, $"{path}:{map.Setting.Name}", map.Setting)
                        : Map(child, $"{path}:{map.Setting.Name}", map.Setting);
                    map.Setting.Property.SetValue(map.Part, map.Setting.ToMap(entries));
                    break;
                case [var one, ..]:
                    Set(child, $"{path}:{one.Setting.Name}", one.Part, one.Setting);
                    break;
            }
        }
    }

    /// <summary>The options of a section, made when there are none so far.</summary>
    private static object Section(object part, Setting setting)
    {
        if (setting.Property.GetValue(part) is { } there)
        {
            return there;
        }

        var made = Activator.CreateInstance(setting.Type)!;
        setting.Property.SetValue(part, made);
        return made;
    }

    private void Set(IConfigurationSection given, string path, object part, Setting setting)
    {
        problems.AddRange(given.GetChildren().Select(child => $"{path}:{child.Key} is not a setting; {path} is one"));
        if (string.IsNullOrWhiteSpace(given.Value))
        {
            if (given.Value is not null && setting.Type == typeof(string))
            {
                problems.Add($"{path} is empty");
            }
        }
        else if (setting.Parse(given.Value) is { } value)
        {
            setting.Property.SetValue(part, value);
        }
        else
        {
            problems.Add(setting.IsSecret
                ? $"{path} must be {setting.Rule}"
                : $"{path} is '{given.Value}'; it must be {setting.Rule}");
        }
    }

    private Dictionary<string, object> Map(IConfigurationSection section, string path, Setting setting)
    {
        Dictionary<string, object> values = new(StringComparer.Ordinal);
        foreach (var child in section.GetChildren())
        {
            if (setting.ParseItem(child.Value ?? "") is { } value)
            {
                values[child.Key] = value;
            }
            else
            {
                problems.Add($"{path}:{child.Key} must be {setting.Rule}");
            }
        }

        return values;
    }

    private Dictionary<string, object> Sections(IConfigurationSection section, string path, Setting setting)
    {
        Dictionary<string, object> options = new(StringComparer.Ordinal);
        foreach (var child in section.GetChildren())
        {
            var made = Activator.CreateInstance(setting.Item!)!;
            Bind(child, $"{path}:{child.Key}", [made]);
            options[child.Key] = made;
            if (child.Value is not null)
            {
                problems.Add($"{path}:{child.Key} has settings of its own: {string.Join(", ", Setting.Of(setting.Item!).Select(one => one.Name))}");
            }
        }

        return options;
    }
}
