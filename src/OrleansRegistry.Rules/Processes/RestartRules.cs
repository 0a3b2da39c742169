using System.Collections.Immutable;

namespace OrleansRegistry.Processes;

/// <summary>What is remembered of a version's deaths, so that the next one can be judged.</summary>
/// <param name="Failures">Deaths in a row without <see cref="RestartRules.HealthyAfter"/> of health between them.</param>
/// <param name="Deaths">The instants of the deaths within the last <see cref="RestartRules.Window"/>, oldest first.</param>
internal sealed record RestartState(int Failures, ImmutableArray<DateTimeOffset> Deaths)
{
    /// <summary>Of a version that never died.</summary>
    public static RestartState None { get; } = new(0, []);
}

/// <summary>When a process that died is started again, and when no more (rule X2).</summary>
internal static class RestartRules
{
    /// <summary>So many deaths within <see cref="Window"/> are a failure.</summary>
    public const int MaxDeaths = 5;

    /// <summary>The time within which deaths count together.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>A process that was ready for so long starts the wait over.</summary>
    public static readonly TimeSpan HealthyAfter = TimeSpan.FromSeconds(60);

    /// <summary>The longest wait for the next start.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// What follows a death. The wait is half a second, twice as long after each further death, at most 30 seconds; of
    /// that, a random share of the second half, so that what died together doesn't start together.
    /// </summary>
    /// <param name="state">What is remembered of earlier deaths.</param>
    /// <param name="now">The instant of the death.</param>
    /// <param name="ready">How long the process had been ready; zero when it never was.</param>
    /// <param name="random">From 0 to 1.</param>
    /// <returns>What to remember, and how long to wait before the next start; null when the version has failed.</returns>
    public static (RestartState Next, TimeSpan? Wait) AfterDeath(
        RestartState state, DateTimeOffset now, TimeSpan ready, double random)
    {
        var failures = ready >= HealthyAfter ? 1 : state.Failures + 1;
        ImmutableArray<DateTimeOffset> deaths = [.. state.Deaths.Where(death => now - death < Window), now];
        return (new RestartState(failures, deaths), deaths.Length >= MaxDeaths ? null : Wait(failures, random));
    }

    private static TimeSpan Wait(int failures, double random)
    {
        var whole = First * Math.Pow(2, Math.Min(failures - 1, 20));
        return (whole < MaxWait ? whole : MaxWait) * ((1 + random) / 2);
    }
}
