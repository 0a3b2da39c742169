using System.Globalization;
using System.Reflection;

namespace OrleansRegistry.Storage.Schema;

/// <summary>A script, and the number by which a database knows it. One that has been released never changes.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Sql">Its statements.</param>
internal sealed record SchemaScript(int Number, string Sql);

/// <summary>The scripts that bring a database of one dialect up to date; they are in the assembly.</summary>
/// <param name="Steps">Run once each, in order. What was stored before the first of them can't be taken over.</param>
/// <param name="Repeatable">All that is no table. Run after the steps where the database has a lower number.</param>
internal sealed record SchemaScripts(IReadOnlyList<SchemaScript> Steps, SchemaScript Repeatable)
{
    private const string NumberLine = "-- Number: ";

    private static readonly Assembly Assembly = typeof(SchemaScripts).Assembly;

    /// <summary>The scripts of a dialect.</summary>
    public static SchemaScripts Of(string dialect)
    {
        var prefix = $"{Assembly.GetName().Name}.{dialect}.";
        var steps = Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && char.IsAsciiDigit(name[prefix.Length]))
            .Select(name => new SchemaScript(Parse(name.AsSpan(prefix.Length, 4)), Read(name)))
            .OrderBy(step => step.Number);
        var repeatable = Read($"{prefix}Repeatable.sql");
        var number = repeatable.AsSpan(NumberLine.Length, repeatable.IndexOf('\n', StringComparison.Ordinal) - NumberLine.Length);
        return new SchemaScripts([.. steps], new SchemaScript(Parse(number), repeatable));
    }

    private static int Parse(ReadOnlySpan<char> number) =>
        int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
