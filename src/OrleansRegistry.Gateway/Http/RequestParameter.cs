using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>
/// A query parameter or header that a route reads. Routes declare theirs: what isn't declared is refused, and the
/// OpenAPI document lists what is.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">Its effect, for the OpenAPI document.</param>
internal sealed record RequestParameter(string Name, string Description)
{
    /// <summary>Whether it is a header rather than a query parameter.</summary>
    public bool IsHeader { get; private init; }

    /// <summary>How often it may stand, each time with another value.</summary>
    public int MaxTimes { get; init; } = 1;

    /// <summary>The JSON type of its values.</summary>
    public string Type { get; init; } = "string";

    /// <summary>The only values it may have, or null.</summary>
    public IReadOnlyList<string>? Values { get; private init; }

    /// <summary>The problem of a value, or null.</summary>
    public Func<string, string?> Problem { get; init; } = _ => null;

    /// <summary>A header.</summary>
    public static RequestParameter Header(string name, string description, int maxTimes = 1, Func<string, string?>? problem = null) =>
        new(name, description) { IsHeader = true, MaxTimes = maxTimes, Problem = problem ?? (_ => null) };

    /// <summary>A parameter that is <c>true</c> or <c>false</c>.</summary>
    public static RequestParameter Flag(string name, string description) =>
        new(name, description) { Type = "boolean", Problem = value => value is "true" or "false" ? null : "must be true or false" };

    /// <summary>A parameter with one of a few values.</summary>
    public static RequestParameter OneOf(string name, string description, params IReadOnlyList<string> values) => new(name, description)
    {
        Values = values,
        Problem = value => values.Contains(value, StringComparer.Ordinal) ? null : "must be " + string.Join(" or ", values),
    };

    /// <summary>A whole number within bounds.</summary>
    public static RequestParameter Number(string name, string description, long min, long max = long.MaxValue) => new(name, description)
    {
        Type = "integer",
        Problem = value => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? null
            : max == long.MaxValue ? $"must be a whole number of at least {min}" : $"must be a whole number from {min} to {max}",
    };

    /// <summary>Its value in a request, or null when it is absent. For one that stands once at most.</summary>
    public string? ValueIn(HttpRequest request) => In(request) is [var value] ? value : null;

    /// <summary>Its values in a request, none when it is absent.</summary>
    public IReadOnlyList<string> In(HttpRequest request)
    {
        var values = IsHeader ? request.Headers[Name] : request.Query[Name];
        return values.Count == 0 ? [] : [.. values.Select(value => value ?? "")];
    }
}

/// <summary>The parameters that a route reads.</summary>
/// <param name="All">All of them.</param>
internal sealed record RequestParameters(IReadOnlyList<RequestParameter> All);
