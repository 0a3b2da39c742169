using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using OrleansRegistry.Artifacts;
using OrleansRegistry.Processes;
using OrleansRegistry.Runtime.Sandboxes;

namespace OrleansRegistry.Runtime.Environments;

/// <summary>
/// A Python that an operator names. It is asked once where it is, outside of any sandbox and isolated from variables and
/// the user's packages (<c>-I</c>); its packages are listed once inside.
/// </summary>
internal static partial class PythonEnvironment
{
    private static readonly Version OldestVersion = new(3, 10);

    private const string WhereAreYou = """
        import json, platform, sys
        print(json.dumps({"executable": sys.executable, "prefix": sys.prefix, "base_prefix": sys.base_prefix,
                          "version": platform.python_version()}))
        """;

    // The first of several with one name is the one that an import finds.
    private const string WhatDoYouHave = """
        import importlib.metadata, json
        packages = {}
        for package in importlib.metadata.distributions():
            name = package.metadata["Name"]
            if name:
                packages.setdefault(name, package.version)
        print(json.dumps(packages))
        """;

    /// <summary>Prepares one.</summary>
    /// <param name="name">The name of the environment.</param>
    /// <param name="interpreter">The path of the interpreter.</param>
    /// <param name="server">The path of <c>serve.py</c>, as the node sees it.</param>
    /// <param name="trial">How a program is tried in isolation.</param>
    /// <param name="place">Where the node keeps what.</param>
    /// <param name="clock">Bounds the questions.</param>
    public static async Task<PreparedEnvironment> Prepare(
        string name, string interpreter, string server, TrialRun trial, RunnerPlace place, TimeProvider clock)
    {
        if (!Path.IsPathFullyQualified(interpreter))
        {
            return PreparedEnvironment.Unusable(
                name, new OffReason("Its interpreter is named by no full path.", $"{interpreter} is no full path; name the interpreter by one."));
        }

        try
        {
            var (end, output) = await Trial.RunTrusted(interpreter, ["-I", "-c", WhereAreYou], clock);
            if (end.ExitCode != 0 || Read(output, PythonJson.Default.PythonPlace) is not { } python)
            {
                return PreparedEnvironment.Unusable(
                    name, new OffReason("Its interpreter is no Python 3 that runs.", $"{interpreter} is no Python 3 that runs: {Start(output)}"));
            }

            if (!Version.TryParse(string.Join('.', python.Version.Split('.').Take(2)), out var version) || version < OldestVersion)
            {
                var isOld = $"is Python {LogText.Escape(python.Version)}; it must be {OldestVersion} or later.";
                return PreparedEnvironment.Unusable(name, new OffReason($"It {isOld}", $"{interpreter} {isOld}"));
            }

            string[] visible = [.. new[] { python.Prefix, python.BasePrefix }.Distinct().Where(path => !VisibleFiles.IsBelow(path, "/usr"))];
            if (visible.Select(path => VisibleFiles.Refusal(path, place.DataDirectory, trial.HasOtherUser)).FirstOrDefault(refusal => refusal is not null) is { } reason)
            {
                return PreparedEnvironment.Unusable(name, reason);
            }

            PreparedEnvironment environment = new(new NodeEnvironment(new ServingEnvironment(name, python.Version, FrozenDictionary<string, string>.Empty), null))
            {
                Command = [python.Executable, "-I", "-u", "-B"],
                Script = server,
                Visible = visible,
                ProgramDirectory = Path.GetDirectoryName(python.Executable),
            };
            (end, output) = await trial.Run([python.Executable, "-I", "-B", "-c", WhatDoYouHave], environment);
            return end.ExitCode == 0 && Read(output, PythonJson.Default.DictionaryStringString) is { } packages
                ? environment with { View = new NodeEnvironment(environment.View.Serving with { Packages = Normalized(packages) }, null) }
                : PreparedEnvironment.Unusable(
                    name, new OffReason("It does not run in a sandbox.", $"{interpreter} does not run in a sandbox: {Start(output)}"));
        }
        catch (IOException e)
        {
            return PreparedEnvironment.Unusable(name, new OffReason("Its interpreter can't be started.", e.Message));
        }
    }

    /// <summary>The name of a package as PEP 503 normalizes it.</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "PEP 503 says lower case.")]
    public static string Normalize(string name) => Separators().Replace(name, "-").ToLowerInvariant();

    private static FrozenDictionary<string, string> Normalized(Dictionary<string, string> packages) =>
        packages.GroupBy(package => Normalize(package.Key)).ToFrozenDictionary(group => group.Key, group => group.First().Value);

    private static T? Read<T>(string output, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(output, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Start(string output) => LogText.Escape(output.Length > 300 ? output[..300] + "…" : output.Trim());

    [GeneratedRegex("[-_.]+")]
    private static partial Regex Separators();
}

/// <summary>Where a Python says that it is.</summary>
internal sealed record PythonPlace(string Executable, string Prefix, string BasePrefix, string Version);

/// <summary>What a Python answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PythonPlace))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class PythonJson : JsonSerializerContext;
