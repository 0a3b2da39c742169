namespace OrleansRegistry.Host;

/// <summary>Settings that are not valid; the message says all that is wrong.</summary>
public sealed class InvalidSettingsException : Exception
{
    /// <summary>Makes the exception.</summary>
    public InvalidSettingsException()
    {
    }

    /// <summary>Makes the exception with a message.</summary>
    public InvalidSettingsException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with a message and a cause.</summary>
    public InvalidSettingsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception from everything that is wrong: one line, or one for each problem.</summary>
    public InvalidSettingsException(IReadOnlyList<string> problems)
        : this("The settings are not valid:" + (problems is [var only] ? $" {only}." : string.Concat(problems.Select(problem => $"{Environment.NewLine}  - {problem}."))))
    {
    }
}
