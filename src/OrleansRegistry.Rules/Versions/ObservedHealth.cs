using System.Collections.Immutable;

namespace OrleansRegistry.Versions;

/// <summary>
/// What probes and calls have said of a version's servers since its model came into memory (rules HV2 and HV3). Pure;
/// nothing of it is stored.
/// </summary>
/// <param name="Attempt">The attempt to start that they belong to.</param>
internal sealed record ObservedHealth(int Attempt)
{
    /// <summary>So many calls that could not be begun make a version unhealthy, where none has succeeded since.</summary>
    public const int MaxNotBegun = 10;

    /// <summary>The time within which they count together.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(30);

    private ImmutableDictionary<string, ServerHealth> _servers = ImmutableDictionary<string, ServerHealth>.Empty;
    private ImmutableArray<(DateTimeOffset At, int Calls)> _notBegun = [];
    private DateTimeOffset? _failingSince;
    private bool _areCallsLost;

    /// <summary>Those of some servers that are down, in their order.</summary>
    public IReadOnlyList<string> Down(IReadOnlyList<string> servers) => [.. servers.Where(server => Of(server).IsDown)];

    /// <summary>What is known of a server.</summary>
    public ServerHealth Of(string server) => _servers.GetValueOrDefault(server, ServerHealth.Unknown);

    /// <summary>Whether a call that succeeds would say something new.</summary>
    public bool IsDoubted(IReadOnlyList<string> servers) => !_notBegun.IsEmpty || _areCallsLost || servers.Any(server => Of(server).IsDoubted);

    /// <summary>Without the calls that are too long ago to count, and with what the others come to by now.</summary>
    public ObservedHealth Until(DateTimeOffset now)
    {
        var notBegun = _notBegun.RemoveAll(seen => now - seen.At > Window);
        if (notBegun.IsEmpty)
        {
            return _notBegun.IsEmpty ? this : this with { _notBegun = [], _failingSince = null };
        }

        var areCallsLost = _areCallsLost || (now - _failingSince >= Window && notBegun.Sum(seen => seen.Calls) >= MaxNotBegun);
        return notBegun.Length == _notBegun.Length && areCallsLost == _areCallsLost
            ? this
            : this with { _notBegun = notBegun, _areCallsLost = areCallsLost };
    }

    /// <summary>A list has replaced the servers (rule SV3): nothing is known any more of one that is not in it, or that nobody asks.</summary>
    public ObservedHealth Replaced(IReadOnlyList<ServingServer> list) => this with
    {
        _servers = _servers.RemoveRange(
            _servers.Keys.Except(list.Where(server => server.HealthUrl is not null).Select(server => server.Url))),
    };

    /// <summary>A server was asked, and the model is told.</summary>
    public ObservedHealth Probed(ProbeSign sign, DateTimeOffset told) =>
        With(sign.Url, Of(sign.Url).Probed(sign.IsGood, sign.At, told));

    /// <summary>A gateway has told of calls. One that has succeeded outweighs all that could not be begun.</summary>
    public ObservedHealth Called(CallSigns signs, DateTimeOffset at)
    {
        if (signs.Succeeded is [])
        {
            return (this with { _notBegun = _notBegun.Add((at, signs.NotBegun)), _failingSince = _failingSince ?? at }).Until(at);
        }

        return signs.Succeeded.Aggregate(
            this with { _notBegun = [], _failingSince = null, _areCallsLost = false },
            (health, server) => health.With(server, health.Of(server).Called(at)));
    }

    /// <summary>Whether the version is unhealthy, and why; null where neither can be said.</summary>
    public HealthReport? Judge(IReadOnlyList<string> servers) =>
        _areCallsLost ? new HealthReport(Attempt, UnhealthyBecause.CallsNotBegun)
        : servers.All(server => Of(server).IsDown) ? new HealthReport(Attempt, UnhealthyBecause.ServersDown)
        : servers.Any(server => Of(server).IsProven) ? new HealthReport(Attempt, Because: null)
        : null;

    private ObservedHealth With(string server, ServerHealth health) =>
        ReferenceEquals(health, Of(server)) ? this : this with { _servers = _servers.SetItem(server, health) };
}

/// <summary>Why a version is unhealthy (rule HV3).</summary>
[GenerateSerializer, Alias("OrleansRegistry.UnhealthyBecause")]
internal enum UnhealthyBecause
{
    /// <summary>All its servers are down.</summary>
    ServersDown = 0,

    /// <summary>Many calls could not be begun, and none succeeded.</summary>
    CallsNotBegun = 1,
}
