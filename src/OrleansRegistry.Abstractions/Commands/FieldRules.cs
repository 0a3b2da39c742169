using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Semver;

namespace OrleansRegistry;

/// <summary>What each field of a command may be. Every rule answers what is wrong, or null; lengths count Unicode's code points.</summary>
internal static partial class FieldRules
{
    /// <summary>The most labels a model or version may have.</summary>
    public const int MaxLabels = 64;

    /// <summary>The most paths that a version may have besides OpenAI's own.</summary>
    public const int MaxPaths = 16;

    /// <summary>The most servers that a version may have (rule SV1).</summary>
    public const int MaxServers = 64;

    /// <summary>The most aliases that a model may have (rule AL1).</summary>
    public const int MaxAliases = 32;

    /// <summary>The longest start: a day.</summary>
    private const int MaxStartupTimeoutSeconds = 86_400;
    private const int MaxProbeSeconds = 3600;
    private const int MinFallBackSeconds = 10;
    private const int MaxFallBackSeconds = 86_400;

    private const int MaxEnvironment = 64;
    private const int MaxArguments = 64;
    private const int MaxCommandBytes = 32 * 1024;
    private const int MaxLabelKey = 63;
    private const int MaxLabelValue = 256;
    private const int MaxDescription = 4096;
    private const int MaxVersion = 128;
    private const int MaxExternalId = 128;
    private const int MaxInstanceType = 64;
    private const int MaxUri = 2048;
    private const int MaxServedName = 256;
    private const int MaxPath = 128;
    private const int MaxIdempotencyKey = 255;
    private const int MaxKeyName = 128;
    private const int MaxWorkspace = 63;
    private const int MaxNumberPart = 999_999_999;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> WorkspaceCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<char> InstanceTypeCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    private static readonly string[] ReservedAliases = ["primary", "canary", "shadow", "latest", "none"];

    public static string? Description(string? text) => text is null ? null : Text(text, MaxDescription);

    public static string? KeyName(string name) => name.Length == 0 ? "must not be empty"
        : Text(name, MaxKeyName) ?? (WellFormedText.IsName(name) ? null : WellFormedText.NameRule);

    public static string? Workspace(string name) =>
        name.Length is 0 or > MaxWorkspace || name[0] == '-' || name.AsSpan().ContainsAnyExcept(WorkspaceCharacters)
            ? "must be 1 to 63 lower-case letters, digits and hyphens, and not begin with a hyphen"
            : null;

    /// <summary>A model's id or name, where a field names one.</summary>
    public static string? Model(string text) => ModelName.Problem(ModelName.Normalize(text));

    public static string? LabelKey(string key) => key.Length == 0 ? "must have a key of 1 to 63 characters" : Text(key, MaxLabelKey, "key ");

    public static string? LabelValue(string value) => Text(value, MaxLabelValue);

    public static string? ExternalId(string id) => Text(id, MaxExternalId);

    public static string? InstanceType(string type) =>
        type.Length is 0 or > MaxInstanceType || type.AsSpan().ContainsAnyExcept(InstanceTypeCharacters)
            ? "must be 1 to 64 letters, digits, dots, underscores and hyphens"
            : null;

    public static string? StartupTimeout(int seconds) =>
        seconds is < 1 or > MaxStartupTimeoutSeconds ? $"must be 1 to {MaxStartupTimeoutSeconds}" : null;

    /// <summary>The name by which a server knows its model.</summary>
    public static string? ServedName(string name) => name.Length == 0 ? "must have 1 to 256 characters"
        : name.Any(char.IsControl) ? "must not contain control characters"
        : Text(name, MaxServedName);

    /// <summary>A path below <c>/openai/v1</c>.</summary>
    public static string? OpenaiPath(string path) =>
        path.Length is 0 or > MaxPath || path.AsSpan().ContainsAnyExcept(PathCharacters) || path.Split('/').Any(part => part is "" or "." or "..")
            ? "must be 1 to 128 letters, digits, dots, underscores and hyphens, in parts between slashes, none of them . or .."
            : null;

    /// <summary>The name of an environment, as far as there can be one of it.</summary>
    public static string? Environment(string name) =>
        name.Length is 0 or > MaxEnvironment || name.AsSpan().ContainsAnyExcept(InstanceTypeCharacters)
            ? "must be 1 to 64 letters, digits, dots, underscores and hyphens"
            : null;

    /// <summary>The command of a process: a program and its arguments, as an operating system takes them.</summary>
    public static string? Command(IReadOnlyList<string> command) =>
        command.Count is 0 or > MaxArguments ? $"must have 1 to {MaxArguments} texts"
        : command[0].Length == 0 ? "must begin with the name of a program"
        : command.Any(text => text.Contains('\0', StringComparison.Ordinal)) ? "must not contain NUL"
        : command.Any(text => !WellFormedText.IsWellFormed(text)) ? WellFormedText.Rule
        : command.Sum(text => Encoding.UTF8.GetByteCount(text)) > MaxCommandBytes ? $"must have at most {MaxCommandBytes} bytes together"
        : null;

    public static string? ArtifactUri(string uri) => uri switch
    {
        "" => "must be given, or digest in its place",
        _ when uri.Any(char.IsControl) => "must not contain control characters",
        _ => Text(uri, MaxUri),
    };

    public static string? Sha256(string digest) =>
        digest.Length != 64 || digest.AsSpan().ContainsAnyExcept(HexDigits) ? "must be 64 lower-case hexadecimal digits" : null;

    public static string? Url(string url)
    {
        if (IsLonger(url, MaxUri))
        {
            return "must have at most 2048 characters";
        }

        // What Uri would repair or guess (blanks, backslashes, a missing scheme) is refused instead.
        if (!HttpPrefix().IsMatch(url) || url.Any(c => c is <= ' ' or '\\' or '\x7f')
            || !WellFormedText.IsWellFormed(url) || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Host.Length == 0 || !HasName(address))
        {
            return "must be an absolute http or https URL";
        }

        return Authority().Match(url).Value.Contains('@', StringComparison.Ordinal) ? "must not contain user information"
            : url.Contains('#', StringComparison.Ordinal) ? "must not contain a fragment"
            : null;
    }

    /// <summary>Rule HV1: how often servers are asked.</summary>
    public static string? ProbeSeconds(int seconds) => seconds is < 0 or > MaxProbeSeconds ? $"must be 0 to {MaxProbeSeconds}" : null;

    /// <summary>What is wrong with the time after which the primary falls back (rule HV4), or null.</summary>
    public static string? FallBackSeconds(int seconds) =>
        seconds is < MinFallBackSeconds or > MaxFallBackSeconds ? $"must be {MinFallBackSeconds} to {MaxFallBackSeconds}" : null;

    /// <summary>Rule SV2: how many servers must be up.</summary>
    public static string? MinReady(int servers) => servers is < 1 or > MaxServers ? $"must be 1 to {MaxServers}" : null;

    /// <summary>Rule SV1: the servers of a version, none twice.</summary>
    public static IEnumerable<FieldError> Servers(string field, IReadOnlyList<ServingServer?> servers)
    {
        if (servers.Count is 0 or > MaxServers)
        {
            yield return new FieldError(field, $"must have 1 to {MaxServers} servers");
            yield break;
        }

        HashSet<Uri> known = [];
        foreach (var (place, server) in servers.Index())
        {
            var url = server?.Url ?? "";
            if ((Url(url) ?? (known.Add(new Uri(url)) ? null : "must not appear twice")) is { } problem)
            {
                yield return new FieldError($"{field}[{place}].url", problem);
            }

            if (server?.HealthUrl is { } health && Url(health) is { } unhealthy)
            {
                yield return new FieldError($"{field}[{place}].health_url", unhealthy);
            }
        }
    }

    /// <summary>Rule N4: SemVer 2.0 without build metadata, parts of at most nine digits.</summary>
    public static string? Version(string number)
    {
        const string rule = "must be a semantic version such as 1.2.3 or 2.0.0-rc.1, without build metadata";
        if (number.Length > MaxVersion)
        {
            return "must have at most 128 characters";
        }

        if (!SemVersion.TryParse(number, SemVersionStyles.Strict, out var parsed) || parsed.Metadata.Length > 0)
        {
            return rule;
        }

        return parsed.Major > MaxNumberPart || parsed.Minor > MaxNumberPart || parsed.Patch > MaxNumberPart
            ? "must have parts of at most nine digits"
            : null;
    }

    /// <summary>
    /// Rule AL1: the name of an alias. Nothing that a selector means without <c>@</c> can be one.
    /// </summary>
    public static string? Alias(string name) =>
        !AliasName().IsMatch(name) ? "must be 2 to 32 lower-case letters, digits, hyphens and underscores, begin with a letter and not end with a hyphen or underscore"
        : ReservedAliases.Contains(name) ? $"must not be one of {string.Join(", ", ReservedAliases)}"
        : VersionId.TryParse(name, out _) || SemVersionRange.TryParseNpm(name, out _) ? "must not be a range or the id of a version"
        : null;

    /// <summary>Rule AL4: the aliases that a version claims.</summary>
    public static IEnumerable<FieldError> Aliases(string field, IReadOnlyList<string>? names)
    {
        if (names is { Count: > MaxAliases })
        {
            yield return new FieldError(field, $"must have at most {MaxAliases} names");
            yield break;
        }

        foreach (var (place, name) in (names ?? []).Index())
        {
            if ((Alias(name ?? "") ?? (names!.Take(place).Contains(name) ? "must not appear twice" : null)) is { } problem)
            {
                yield return new FieldError($"{field}[{place}]", problem);
            }
        }
    }

    /// <summary>Rule AL3: the text by which a command on an alias names a version: no range.</summary>
    public static string? AliasTarget(string text) =>
        VersionId.TryParse(text, out _) || Version(text) is null || text == "@primary" || (text.StartsWith('@') && Alias(text[1..]) is null)
            ? null
            : "must be a number, the id of a version, @ and the name of an alias, or @primary";

    /// <summary>Rule N3: a release line, <c>1</c> or <c>1.4</c>.</summary>
    public static string? Base(string line) => ReleaseLine().IsMatch(line) ? null : "must be a release line such as 1 or 1.4";

    public static string? IdempotencyKey(string key) =>
        key.Length is 0 or > MaxIdempotencyKey || key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? "must be 1 to 255 visible ASCII characters"
            : null;

    /// <summary>Whether a text has more than so many code points; <c>maxLength</c> of JSON Schema counts them too.</summary>
    public static bool IsLonger(string text, int max) => text.Length > max && (text.Length > 2 * max || text.EnumerateRunes().Count() > max);

    /// <summary>Whether a label's key can stand in the name of a field.</summary>
    public static bool IsShowable(string key) => key.Length > 0 && !IsLonger(key, MaxLabelKey) && WellFormedText.IsWellFormed(key);

    /// <summary>Whether the host has a name in ASCII. One that has none is found out only when it is asked for, which throws.</summary>
    private static bool HasName(Uri address)
    {
        try
        {
            return address.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    private static string? Text(string text, int max, string what = "") =>
        IsLonger(text, max) ? $"{what}must have at most {max} characters"
        : WellFormedText.IsWellFormed(text) ? null
        : what + WellFormedText.Rule;

    [GeneratedRegex(@"\Ahttps?://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HttpPrefix();

    [GeneratedRegex(@"(?<=\A[A-Za-z]+://)[^/?#]*", RegexOptions.CultureInvariant)]
    private static partial Regex Authority();

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,30}[a-z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex AliasName();

    [GeneratedRegex(@"\A(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex ReleaseLine();
}
