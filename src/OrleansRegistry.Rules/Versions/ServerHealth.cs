namespace OrleansRegistry.Versions;

/// <summary>What probes and calls have said of one server (rule HV2). Pure.</summary>
internal sealed record ServerHealth
{
    /// <summary>So many probes in a row must fail before a server is down.</summary>
    public const int MaxFailures = 3;

    /// <summary>So many good probes in a row bring back a server that was up for long.</summary>
    public const int FirstNeeded = 2;

    /// <summary>So many bring back one that goes down again and again.</summary>
    public const int MaxNeeded = 32;

    /// <summary>A server that goes down so soon after its return needs twice as many good probes.</summary>
    public static readonly TimeSpan Unsteady = TimeSpan.FromMinutes(10);

    /// <summary>For so long gateways know at least that a server is doubted, and can tell of calls, before it is down.</summary>
    public static readonly TimeSpan MinDoubt = TimeSpan.FromSeconds(2);

    private int _failed;
    private int _good;
    private int _needed;
    private DateTimeOffset _doubtedSince;
    private DateTimeOffset? _returnedAt;

    /// <summary>Nothing is known of it.</summary>
    public static ServerHealth Unknown { get; } = new();

    /// <summary>Whether calls go elsewhere if they can.</summary>
    public bool IsDown { get; private init; }

    /// <summary>Since when it is down.</summary>
    public DateTimeOffset Since { get; private init; }

    /// <summary>Whether enough speaks for it to say that it is up.</summary>
    public bool IsProven { get; private init; }

    /// <summary>Whether its last probe failed, or it is down.</summary>
    public bool IsDoubted => IsDown || _failed > 0;

    /// <summary>A probe was answered with 2xx, or was not.</summary>
    /// <param name="isGood">Whether it was.</param>
    /// <param name="at">When.</param>
    /// <param name="told">When the model came to know of it.</param>
    public ServerHealth Probed(bool isGood, DateTimeOffset at, DateTimeOffset told) => (isGood, IsDown) switch
    {
        (true, true) => _good + 1 >= _needed ? Return(at) : this with { _good = _good + 1 },
        (true, false) => IsProven && _failed == 0 ? this : this with { _failed = 0, _good = _good + 1, IsProven = IsProven || _good + 1 >= FirstNeeded },
        (false, true) => this with { _good = 0 },
        (false, false) => _failed + 1 >= MaxFailures && told - _doubtedSince >= MinDoubt ? GoDown(at) : Doubt(told),
    };

    /// <summary>A call to it has succeeded: better evidence than any probe.</summary>
    public ServerHealth Called(DateTimeOffset at) =>
        IsDown ? Return(at) : IsProven && _failed == 0 ? this : this with { _failed = 0, IsProven = true };

    private ServerHealth Doubt(DateTimeOffset told) =>
        this with { _failed = _failed + 1, _good = 0, _doubtedSince = _failed == 0 ? told : _doubtedSince };

    private ServerHealth GoDown(DateTimeOffset at) => this with
    {
        IsDown = true,
        IsProven = false,
        Since = at,
        _failed = 0,
        _good = 0,
        _needed = at - _returnedAt <= Unsteady ? Math.Min(2 * _needed, MaxNeeded) : FirstNeeded,
    };

    private ServerHealth Return(DateTimeOffset at) =>
        this with { IsDown = false, IsProven = true, Since = at, _failed = 0, _good = 0, _returnedAt = at };
}
