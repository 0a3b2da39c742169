using OrleansRegistry.Processes;

namespace OrleansRegistry.Versions;

/// <summary>The result of the probes of one attempt to start.</summary>
/// <param name="Attempt">The attempt to start that was probed.</param>
/// <param name="IsReady">Whether the health URL answered 2xx.</param>
/// <param name="Message">Why not, or null.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ServingResult")]
internal sealed record ServingResult([property: Id(0)] int Attempt, [property: Id(1)] bool IsReady, [property: Id(2)] string? Message)
{
    /// <summary>How often the health URL was asked; null from a node of the release before.</summary>
    [Id(3)]
    public int? Probes { get; init; }

    /// <summary>The HTTP status of the last answer, or null when the last attempt got none.</summary>
    [Id(4)]
    public int? LastStatus { get; init; }

    /// <summary>How long the start took, in whole seconds; null from a node of the release before.</summary>
    [Id(5)]
    public long? Seconds { get; init; }

    /// <summary>How the process has died, of a version that the registry runs; null where it hasn't.</summary>
    [Id(6)]
    public ProcessDeath? Death { get; init; }

    /// <summary>The addresses of the servers that have answered 2xx, where it is a result of several; else null.</summary>
    [Id(7)]
    public IReadOnlyList<string>? Up { get; init; }
}

/// <summary>The death of a version's process (rule X2).</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.ProcessDeath")]
internal sealed record ProcessDeath
{
    /// <summary>How it died, in one sentence.</summary>
    [Id(0)]
    public required string Message { get; init; }

    /// <summary>Its exit code; null when a signal ended it, or nobody saw its end.</summary>
    [Id(1)]
    public int? ExitCode { get; init; }

    /// <summary>The number of the signal that ended it, or null.</summary>
    [Id(2)]
    public int? Signal { get; init; }

    /// <summary>It used more memory than its instance type has.</summary>
    [Id(3)]
    public bool OutOfMemory { get; init; }

    /// <summary>How long it ran; null when nobody saw its end.</summary>
    [Id(4)]
    public long? UptimeMilliseconds { get; init; }

    /// <summary>How long it was ready.</summary>
    [Id(5)]
    public long ReadyMilliseconds { get; init; }

    /// <summary>It was not ready within its startup timeout.</summary>
    [Id(6)]
    public bool IsLate { get; init; }

    /// <summary>Its node has ended and started again: no fault of the process.</summary>
    [Id(7)]
    public bool IsLost { get; init; }

    /// <summary>From 0 to 1: the part of the wait that is left to chance.</summary>
    [Id(8)]
    public double Chance { get; init; }

    /// <summary>Of a process that was lost: the last instant at which its node is known to have lived, or null.</summary>
    [Id(9)]
    public DateTimeOffset? LastAlive { get; init; }

    /// <summary>The death of a process that ended by itself or by force.</summary>
    /// <param name="exit">How it ended.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static ProcessDeath Of(ProcessExit exit, double chance) => new()
    {
        Message = exit.Message,
        ExitCode = exit.ExitCode,
        Signal = exit.Signal,
        OutOfMemory = exit.Cause == ExitCause.OutOfMemory,
        UptimeMilliseconds = (long)exit.Uptime.TotalMilliseconds,
        ReadyMilliseconds = (long)exit.ReadyTime.TotalMilliseconds,
        IsLate = exit.Cause == ExitCause.NotReady,
        Chance = chance,
    };
}
