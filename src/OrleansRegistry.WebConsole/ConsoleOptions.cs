using System.ComponentModel.DataAnnotations;

namespace OrleansRegistry.WebConsole;

/// <summary>The web console of a gateway. Properties are settings.</summary>
internal sealed record ConsoleOptions
{
    /// <summary>Serves the console at <c>/console</c>.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The longest time that a session lasts, in hours.</summary>
    [Range(1, 168)]
    public int SessionHours { get; init; } = 12;

    /// <summary>The longest time that a session lasts without a use, in minutes.</summary>
    [Range(5, 1_440)]
    public int IdleMinutes { get; init; } = 60;
}
