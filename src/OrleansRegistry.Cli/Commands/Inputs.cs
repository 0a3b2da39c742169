using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using OrleansRegistry.Cli.Output;
using OrleansRegistry.Cli.Settings;
using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Arguments and options that several commands take, and how their text is read.</summary>
internal static class Inputs
{
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    public static Argument<string> Reference(
        string description = "A version: name (its primary), name@1.2.0, name@^1, name@alias, or an id.") =>
        new("REF") { Description = description };

    public static Argument<string> Name() => new("NAME") { Description = "The model's name or id." };

    public static Option<string?> Text(string name, string description, string value = "TEXT") =>
        new(name) { Description = description, HelpName = value };

    public static Option<string?> From() =>
        Text("--from", "The version that must be the primary now, or `none`. By default the one that is now.", "REF");

    public static Option<string?> Comment() => Text("--comment", "Why: it is kept with the events of the command.");

    /// <summary>The same body with the user's comment, if there is one.</summary>
    public static T Because<T>(this T body, string? comment)
        where T : RequestBody
    {
        if (comment is not null)
        {
            body.SetMember("comment", comment);
        }

        return body;
    }

    public static Option<bool> DryRun() => new("--dry-run") { Description = "Only say what would happen." };

    public static Option<bool> ReleaseAliases() =>
        new("--release-aliases") { Description = "Delete it although a protected alias points to it." };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Don't ask." };

    public static Option<string?> Choice(string name, string description, params string[] values)
    {
        var option = Text(name, description, string.Join('|', values));
        // A newer registry may take more: these are only offered.
        option.CompletionSources.Add(values);
        return option;
    }

    public static Option<string[]> Labels(string description) =>
        new("--label", "-l")
        {
            Description = description,
            HelpName = "KEY=VALUE",
            AllowMultipleArgumentsPerToken = false,
        };

    /// <exception cref="UsageException">A label has no <c>=</c>.</exception>
    public static IReadOnlyDictionary<string, string?>? LabelsOf(string[]? labels) =>
        labels is null or [] ? null : labels.ToDictionary(
        label => label.Split('=', 2)[0],
        label => label.Split('=', 2) is [{ Length: > 0 }, var value]
            ? (string?)value
            : throw new UsageException($"The label {label} must be KEY=VALUE."));

    /// <summary>Labels as the lists take them.</summary>
    public static IReadOnlyList<string>? LabelFilter(string[]? labels) =>
        LabelsOf(labels) is { } table ? [.. table.Select(label => $"{label.Key}:{label.Value}")] : null;

    public static Option<TimeSpan?> Duration(string name, string description, TimeSpan? alone = null) => new(name)
    {
        Description = description,
        HelpName = "15m",
        Arity = alone is null ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens.Count == 0 ? alone : ParseDuration(result),
    };

    /// <summary>A body: the text itself, <c>@FILE</c>, or <c>-</c> for standard input.</summary>
    /// <exception cref="UsageException">The file can't be read.</exception>
    public static async Task<byte[]> Read(Terminal terminal, string? data, CancellationToken cancellationToken)
    {
        if (data == "-")
        {
            using var all = new MemoryStream();
            await terminal.Input.CopyToAsync(all, cancellationToken);
            return all.ToArray();
        }

        if (data is not ['@', .. var file])
        {
            return Encoding.UTF8.GetBytes(data ?? "");
        }

        try
        {
            return await File.ReadAllBytesAsync(file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"The file {file} can't be read: {e.Message}");
        }
    }

    /// <summary>The id of the version that must be the primary, for a command that moves it.</summary>
    public static async Task<string?> FromOf(
        Session session,
        string? given,
        string model,
        CancellationToken cancellationToken) =>
        given switch
        {
            null => (await session.Registry.GetModel(model, cancellationToken)).Primary?.VersionId,
            "none" => null,
            _ => (await session.Registry.FindVersion(given, cancellationToken)).Id,
        };

    public static string Instant(DateTimeOffset instant) =>
        instant.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string? Instant(DateTimeOffset? instant) => instant is { } known ? Instant(known) : null;

    public static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);

    public static string LabelText(IReadOnlyDictionary<string, string> labels) =>
        string.Join(
            ' ',
            labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));

    /// <summary>A version in a few words, for the lines beside the data.</summary>
    public static string Short(ModelVersion version) => $"{version.ModelName} {version.Version} ({version.Id})";

    private static TimeSpan? ParseDuration(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var unit = text.Length == 0 ? '?' : char.IsAsciiDigit(text[^1]) ? 's' : text[^1];
        var number = text.TrimEnd('s', 'm', 'h');
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 86_400 && number.Length >= text.Length - 1)
        {
            return unit switch { 's' => TimeSpan.FromSeconds(count), 'm' => TimeSpan.FromMinutes(count), 'h' => TimeSpan.FromHours(count), _ => Refused() };
        }

        return Refused();

        TimeSpan? Refused()
        {
            result.AddError($"\"{text}\" is no time: write 30s, 15m or 1h.");
            return null;
        }
    }
}
