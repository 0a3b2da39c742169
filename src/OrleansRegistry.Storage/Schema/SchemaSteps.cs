using System.Globalization;
using System.Reflection;

namespace OrleansRegistry.Storage.Schema;

/// <summary>The numbered scripts that bring a database up to date. A script that has been released never changes.</summary>
/// <param name="Number">Its place, from 1 without a gap.</param>
/// <param name="Sql">What it does.</param>
internal sealed record SchemaStep(int Number, string Sql);

/// <summary>Finds the scripts, which travel inside the assembly.</summary>
internal static class SchemaSteps
{
    private static readonly Assembly Assembly = typeof(SchemaSteps).Assembly;

    /// <summary>All steps of a dialect, in order.</summary>
    public static IReadOnlyList<SchemaStep> Of(string dialect)
    {
        var prefix = $"{Assembly.GetName().Name}.{dialect}.";
        return
        [
            .. Assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && char.IsAsciiDigit(name[prefix.Length]))
                .Select(name => new SchemaStep(
                    int.Parse(name.AsSpan(prefix.Length, 4), NumberStyles.None, CultureInfo.InvariantCulture), Read(name)))
                .OrderBy(step => step.Number),
        ];
    }

    /// <summary>What Orleans' ADO.NET providers run on rows and on membership, by the names under which they look for it.</summary>
    public static IReadOnlyDictionary<string, string> Queries(string dialect) => new Dictionary<string, string>(Membership(dialect))
    {
        ["WriteToStorageKey"] = Read($"{Assembly.GetName().Name}.{dialect}.WriteToStorage.sql"),
        ["ReadFromStorageKey"] = Read($"{Assembly.GetName().Name}.{dialect}.ReadFromStorage.sql"),
        ["ClearStorageKey"] = Read($"{Assembly.GetName().Name}.Schema.ClearStorage.sql"),
    };

    private static IEnumerable<KeyValuePair<string, string>> Membership(string dialect)
    {
        var prefix = $"{Assembly.GetName().Name}.{dialect}.Membership.";
        return Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => KeyValuePair.Create(name[prefix.Length..^".sql".Length] + "Key", Read(name)));
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
