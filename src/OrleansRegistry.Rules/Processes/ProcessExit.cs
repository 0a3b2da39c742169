using System.Globalization;

namespace OrleansRegistry.Processes;

/// <summary>Why a process ended.</summary>
internal enum ExitCause
{
    /// <summary>It ended by itself, or something inside its sandbox ended it.</summary>
    Ended,

    /// <summary>It was told to.</summary>
    Stopped,

    /// <summary>Its processes used more memory than its instance type has, and the host killed them.</summary>
    OutOfMemory,

    /// <summary>Its health gave no answer three times in a row, and the host killed it.</summary>
    Hung,

    /// <summary>It was not ready in time, and the host killed it.</summary>
    NotReady,
}

/// <summary>How a process ended (rule X2).</summary>
/// <param name="Cause">Why.</param>
/// <param name="ExitCode">The exit code; null when a signal ended it.</param>
/// <param name="Signal">The number of the signal that ended it, or null.</param>
/// <param name="Uptime">How long it ran.</param>
/// <param name="ReadyTime">How long it was ready; zero when it never was.</param>
/// <param name="Limit">What was exceeded, in words, where <paramref name="Cause"/> is a limit; else null.</param>
internal sealed record ProcessExit(
    ExitCause Cause, int? ExitCode, int? Signal, TimeSpan Uptime, TimeSpan ReadyTime, string? Limit)
{
    /// <summary>The end in one sentence, for <c>serving.message</c>.</summary>
    public string Message => Cause switch
    {
        ExitCause.Ended when Signal is { } signal => $"The process was ended by {Name(signal)}.",
        ExitCause.Ended => string.Create(CultureInfo.InvariantCulture, $"The process ended with exit code {ExitCode}."),
        ExitCause.Stopped => "The process was stopped.",
        ExitCause.OutOfMemory => $"The process was killed: it used more memory than its {Limit}.",
        ExitCause.Hung => $"The process was killed: its health did not answer {Limit}.",
        ExitCause.NotReady => $"The process was killed: it was not ready within {Limit}.",
    };

    private static string Name(int signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => string.Create(CultureInfo.InvariantCulture, $"signal {signal}"),
    };
}
