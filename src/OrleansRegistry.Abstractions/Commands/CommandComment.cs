using System.Text;

namespace OrleansRegistry;

/// <summary>
/// Comments of commands: why, in the caller's own words. 1 to 500 characters in Unicode normalization form C, any script,
/// without control characters other than line feeds.
/// </summary>
internal static class CommandComment
{
    /// <summary>The name of the field.</summary>
    public const string Field = "comment";

    /// <summary>The most characters (Unicode's code points) a comment may have.</summary>
    public const int MaxLength = 500;

    /// <summary>The form in which a comment is stored. A text that has no such form stays as it is.</summary>
    public static string? Normalize(string? comment) =>
        comment is null || ModelName.TextProblem(comment) is not null ? comment : comment.Normalize(NormalizationForm.FormC);

    /// <summary>What is wrong with a comment, or null. There may be none.</summary>
    public static string? Problem(string? comment) => Normalize(comment) switch
    {
        null => null,
        "" => "must not be empty; leave it out instead",
        var text when ModelName.TextProblem(text) is { } problem => problem,
        var text when FieldRules.IsLonger(text, MaxLength) => $"must have at most {MaxLength} characters",
        var text when text.Any(c => c != '\n' && char.IsControl(c)) => "must not contain control characters other than line feeds",
        _ => null,
    };
}
