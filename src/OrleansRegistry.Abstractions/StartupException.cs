namespace OrleansRegistry;

/// <summary>
/// Settings or surroundings keep a node from starting, or a command from running. The message tells an operator why.
/// </summary>
internal sealed class StartupException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Tells everything that is wrong with the settings: one line, or one for each problem.</summary>
    public static StartupException Of(IReadOnlyList<string> problems) => new(
        "The settings are not valid:"
        + (problems is [var only]
            ? $" {only}."
            : string.Concat(problems.Select(problem => $"{Environment.NewLine}  - {problem}."))));
}
