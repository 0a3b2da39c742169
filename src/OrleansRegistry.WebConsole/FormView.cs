using Microsoft.AspNetCore.Http;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>What stands in the fields of a form, and what is wrong with it. Fields are named as those of the HTTP interface.</summary>
public sealed class FormView
{
    private readonly IReadOnlyDictionary<string, string> _values;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>> _errors;

    private FormView(IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, IReadOnlyList<string>> errors, string? problem) =>
        (_values, _errors, Problem) = (values, errors, problem);

    /// <summary>Why nothing was done, or null.</summary>
    public string? Problem { get; }

    /// <summary>A form that nobody has sent yet.</summary>
    public static FormView Of(params (string Field, string? Value)[] values) => new(
        values.Where(value => value.Value is not null).ToDictionary(value => value.Field, value => value.Value!, StringComparer.Ordinal),
        new Dictionary<string, IReadOnlyList<string>>(),
        null);

    /// <summary>The same form with another text in a field.</summary>
    public FormView With(string field, string value) =>
        new(new Dictionary<string, string>(_values, StringComparer.Ordinal) { [field] = value }, _errors, Problem);

    /// <summary>The text of a field, or an empty one.</summary>
    public string Value(string field) => _values.GetValueOrDefault(field, "");

    /// <summary>Whether a box is ticked.</summary>
    public bool IsTicked(string field) => Value(field).Length > 0;

    /// <summary>What is wrong with a field and with what it holds.</summary>
    public IEnumerable<string> Errors(string field) => _errors.Where(error => IsOf(error.Key, field)).SelectMany(error => error.Value);

    /// <summary>A form that was sent, and refused.</summary>
    internal static FormView Refused(IFormCollection form, Problem problem)
    {
        var errors = problem.Errors ?? new Dictionary<string, IReadOnlyList<string>>();
        var elsewhere = errors.Where(error => !form.Keys.Any(field => IsOf(error.Key, field)))
            .Select(error => $"{error.Key} {string.Join(", ", error.Value)}.")
            .ToList();
        var summary = errors.Count == 0 ? problem.Detail
            : elsewhere.Count == 0 ? "Nothing was done. Look at the marked fields."
            : $"Nothing was done. {string.Join(" ", elsewhere)}";
        return new FormView(form.ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.Ordinal), errors, summary);
    }

    private static bool IsOf(string error, string field) =>
        error.StartsWith(field, StringComparison.Ordinal) && (error.Length == field.Length || error[field.Length] is '.' or '[');
}
