using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>How long a call waits for a version that is starting, if it says so (rule W1).</summary>
internal static class CallWait
{
    /// <summary>The name of the header.</summary>
    public const string Name = "Model-Wait";
    private const int MaxSeconds = 600;

    private const string About =
        "Seconds for which the call waits while its version is starting, up to 600; without it the answer is `version_starting` at once.";

    /// <summary>The header.</summary>
    public static RequestParameter Header { get; } = RequestParameter.Header(Name, About, problem: Problem) with { Type = "integer" };

    /// <summary>What is wrong with the header of a call, or null.</summary>
    public static RegistryError? Refusal(HttpRequest request) => request.Headers[Name] switch
    {
        [] => null,
        [var text] => Problem(text ?? "") is { } problem ? RegistryError.Invalid(Name, problem) : null,
        _ => RegistryError.Invalid(Name, "must not appear twice"),
    };

    /// <summary>How long a call may wait, whose header is right.</summary>
    public static TimeSpan Of(HttpRequest request) =>
        request.Headers[Name] is [{ } text] ? TimeSpan.FromSeconds(int.Parse(text, CultureInfo.InvariantCulture)) : TimeSpan.Zero;

    private static string? Problem(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxSeconds
            ? null
            : $"must be a whole number of seconds from 0 to {MaxSeconds}";
}
