using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Events;
using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>
/// Rules HV1 to HV4 and HV7: versions ask their servers, gateways tell of calls, and the model keeps in memory what both
/// have said. Calls are led by it at once; that a version is unhealthy, or healthy again, is a command of the model, and so
/// is leaving a primary that was unhealthy for too long.
/// </summary>
internal sealed partial class ModelGrain
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(1);

    /// <summary>Servers of a model are not asked when it was neither called nor changed for so long.</summary>
    private static readonly TimeSpan KeepAsking = TimeSpan.FromMinutes(15);

    private readonly CommandsUnderWay _marking = new(TimeSpan.FromSeconds(10), clock);
    private readonly CommandsUnderWay _leaving = new(TimeSpan.FromSeconds(10), clock);
    private ImmutableDictionary<int, ObservedHealth> _health = ImmutableDictionary<int, ObservedHealth>.Empty;
    private DateTimeOffset _usedAt;
    private IGrainTimer? _healthTimer;
    private int _healthTicks;

    private bool IsUsed => clock.GetUtcNow() - _usedAt < KeepAsking;

    public async Task Observe(int ordinal, CallSigns signs)
    {
        await Load();
        if (!IsOf(ordinal, signs.Attempt))
        {
            return;
        }

        Use();
        See(ordinal, signs.Attempt, health => health.Called(signs, clock.GetUtcNow()));
        await Judge(ordinal);
    }

    public async Task<ServerSigns?> GetHealth(int ordinal)
    {
        try
        {
            await Load();
        }
        catch (Exception e) when (Refusal(e) is not null)
        {
            return null;
        }

        if (_row.Value?.Find(ordinal) is not { } version || !IsAsked(version) || !IsHeeded(ordinal))
        {
            return null;
        }

        var health = _health.GetValueOrDefault(ordinal) ?? new ObservedHealth(version.Attempt);
        return new ServerSigns([.. health.Down(version.Called).Select(url => new DownServer(url, health.Of(url).Since))]);
    }

    public async Task Mark(int ordinal, HealthReport report)
    {
        try
        {
            var command = CommandContext.For(Prober, Role.Operator, clock.GetUtcNow());
            var outcome = await OnVersion(command, ordinal, new MarkTransition(report), (model, step, _) => ModelRules.Mark(model, step));
            if (outcome.Error is { } error)
            {
                LogNotMarked(_key.Id, ordinal, error.Code);
            }
            else if (outcome.Value!.Changed)
            {
                metrics.Marked(!report.IsUnhealthy);
            }
        }
        finally
        {
            _marking.Remove(ordinal);
        }
    }

    public async Task FallBack(int ordinal)
    {
        try
        {
            var command = CommandContext.For(Prober, Role.Operator, clock.GetUtcNow());
            if ((await BeginOnModel(command) ?? await FallBack(command, ordinal)) is { } error)
            {
                LogNotLeft(_key.Id, ordinal, error.Code);
            }
        }
        finally
        {
            _leaving.Remove(ordinal);
        }
    }

    private async Task<RegistryError?> FallBack(CommandContext command, int ordinal)
    {
        if (_row.Value is not { GuardedPrimary: { } primary } model || primary.Ordinal != ordinal || !IsSeenDown(primary))
        {
            return null;
        }

        try
        {
            var at = Now(model);
            var prepared = await Prepare(ordinal, command, new ReadTransition(), at);
            var change = ModelRules.FallBack(model, Existing(prepared.Step).State, IsFit, Author.Of(command), at);
            return (await FinishOnModel(command, change, [], at)).Error;
        }
        catch (Exception e) when (Refusal(e) is { } refusal)
        {
            return refusal;
        }
    }

    /// <summary>
    /// Whether the servers of a version are asked now: its model is used, falls back from it, or looks for a version to
    /// fall back to (rules HV1 and HV4).
    /// </summary>
    private bool IsHeeded(int ordinal) => IsUsed || (_row.Value is { GuardedPrimary: { } primary } model
        && (primary.Ordinal == ordinal || (IsSick(primary) && model.Find(ordinal) is { PublishNumber: not null })));

    private static bool IsSick(ActiveVersion primary) => primary.IsUnhealthy || primary.Status == ServingStatus.Failed;

    /// <summary>Whether what is stored of a sick primary is still so: nothing is down before it was asked again (rule HV7).</summary>
    private bool IsSeenDown(ActiveVersion primary) => primary.Status == ServingStatus.Failed || !IsAsked(primary)
        || (_health.TryGetValue(primary.Ordinal, out var seen) && seen.Judge(primary.Called) is { IsUnhealthy: true });

    /// <summary>Whether a version answers, as far as it is asked: the fault may be one of all of them.</summary>
    private bool IsFit(ActiveVersion version) => !IsAsked(version)
        || (_health.TryGetValue(version.Ordinal, out var seen) && version.Called.Any(server => seen.Of(server) is { IsProven: true, IsDoubted: false }));

    private static bool IsAsked(ActiveVersion version) => version is { HasServers: true, ProbeSeconds: > 0 };

    /// <summary>The model is called or changed: its servers are asked from now on.</summary>
    private void Use()
    {
        var now = clock.GetUtcNow();
        var wasUsed = now - _usedAt < KeepAsking;
        _usedAt = now;
        if (!wasUsed)
        {
            WatchHealth();
        }
    }

    /// <summary>
    /// Forgets what was seen of versions that have no servers any more, or have begun another start. Has a timer for as
    /// long as there is something to ask or to judge; it doesn't keep the model in memory.
    /// </summary>
    private void WatchHealth()
    {
        _health = _health.RemoveRange(
            _health.Where(seen => !IsHeeded(seen.Key) || !IsOf(seen.Key, seen.Value.Attempt)).Select(seen => seen.Key));
        Table = Table?.With(_health);
        if (!_health.IsEmpty || _row.Value?.GuardedPrimary is not null || (IsUsed && (_row.Value?.Active ?? []).Any(IsAsked)))
        {
            _healthTimer ??= this.RegisterGrainTimer(
                OnHealth, new GrainTimerCreationOptions(HealthInterval, HealthInterval) { Interleave = true });
        }
        else
        {
            _healthTimer?.Dispose();
            _healthTimer = null;
        }
    }

    private async Task OnHealth(CancellationToken cancellationToken)
    {
        _healthTicks++;
        // Beside each other: the silo of one of them may be gone.
        await Task.WhenAll((_row.Value?.Active ?? []).Where(IsAskedNow).Select(TakeSigns));
        foreach (var ordinal in _health.Keys.Where(IsHeeded))
        {
            await Judge(ordinal);
            Settle(ordinal);
        }

        await Guard();
        WatchHealth();
    }

    /// <summary>Leaves a primary that is unhealthy or has failed. The turn of the command finds out whether it is time.</summary>
    private async Task Guard()
    {
        if (_row.Value is { GuardedPrimary: { } primary } model && IsSick(primary) && IsSeenDown(primary)
            && PrimarySelection.Successor(model, IsFit) is not null && _leaving.Add(primary.Ordinal))
        {
            await this.AsReference<IModelServing>().FallBack(primary.Ordinal);
        }
    }

    private bool IsAskedNow(ActiveVersion version) =>
        IsAsked(version) && IsHeeded(version.Ordinal) && (_healthTicks + version.Ordinal) % HealthRules.AskSeconds(version.ProbeSeconds) == 0;

    [SuppressMessage("Design", "CA1031", Justification = "A silo of the release before doesn't know the method, and says so in a way of its own.")]
    private async Task TakeSigns(ActiveVersion version)
    {
        try
        {
            foreach (var sign in await Version(version.Ordinal).TakeSigns(version.Attempt))
            {
                See(version.Ordinal, version.Attempt, health => health.Probed(sign, clock.GetUtcNow()));
            }
        }
        catch (Exception e)
        {
            // A later tick asks again.
            LogNotAsked(_key.Id, version.Ordinal, e.Message);
        }
    }

    /// <summary>Takes in what was seen of a start of a version, if it is the present one.</summary>
    private void See(int ordinal, int attempt, Func<ObservedHealth, ObservedHealth> take)
    {
        if (!IsOf(ordinal, attempt))
        {
            return;
        }

        _health = _health.SetItem(ordinal, take(_health.GetValueOrDefault(ordinal) ?? new ObservedHealth(attempt)));
        Table = Table?.With(_health);
        if (_healthTimer is null)
        {
            WatchHealth();
        }
    }

    /// <summary>A server that is added again begins anew, and one that nobody asks any more isn't down for ever.</summary>
    private void Forget(PutServersCommand command)
    {
        if (_health.TryGetValue(command.Ordinal, out var known))
        {
            _health = _health.SetItem(command.Ordinal, known.Replaced(command.Servers));
            Table = Table?.With(_health);
        }
    }

    private bool IsOf(int ordinal, int attempt) => _row.Value?.Find(ordinal) is { HasServers: true } version && version.Attempt == attempt;

    /// <summary>Gives the mark that a version should have and hasn't.</summary>
    private async Task Judge(int ordinal)
    {
        if (_row.Value?.Find(ordinal) is { } version && _health.TryGetValue(ordinal, out var health)
            && HealthRules.Due(version, health, clock.GetInstant()) is { } report && _marking.Add(ordinal))
        {
            await this.AsReference<IModelServing>().Mark(ordinal, report);
        }
    }

    /// <summary>Forgets calls that are too long ago, and all of a version that nobody asks and that is well.</summary>
    private void Settle(int ordinal)
    {
        if (!_health.TryGetValue(ordinal, out var seen) || !IsOf(ordinal, seen.Attempt))
        {
            return;
        }

        var version = _row.Value!.Find(ordinal)!;
        var health = seen.Until(clock.GetUtcNow());
        _health = IsAsked(version) || version.IsUnhealthy || health.IsDoubted(version.Called)
            ? _health.SetItem(ordinal, health)
            : _health.Remove(ordinal);
    }

    [LoggerMessage(105, LogLevel.Debug, "Model {ModelId}: version {Ordinal} can't be marked now, {Code}")]
    private partial void LogNotMarked(string modelId, int ordinal, string code);

    [LoggerMessage(106, LogLevel.Debug, "Model {ModelId}: version {Ordinal} can't be left now, {Code}")]
    private partial void LogNotLeft(string modelId, int ordinal, string code);
}
