using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway;

/// <summary>A version as a path may name it instead of by its id: <c>{model}@{number}</c> (rule A6).</summary>
/// <param name="Model">The model, by name or id.</param>
/// <param name="Number">The version's number.</param>
internal sealed record VersionName(string Model, string Number)
{
    private const char Separator = '@';

    /// <summary>Reads a name: the last <c>@</c> separates, and a whole number stands behind it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out VersionName? name)
    {
        var at = text.LastIndexOf(Separator);
        name = at > 0 && FieldRules.Version(text[(at + 1)..]) is null ? new VersionName(text[..at], text[(at + 1)..]) : null;
        return name is not null;
    }

    /// <summary>The error of a text that is neither a name nor an id.</summary>
    public static RegistryError Refusal(string text) => text.Contains(Separator, StringComparison.Ordinal)
        ? RegistryError.Invalid("id", "must be a version's id, or a model's name or id with @ and a whole number, such as iris@1.2.0")
        : VersionResolver.NotFound(text);

    /// <inheritdoc/>
    public override string ToString() => Model + Separator + Number;
}
