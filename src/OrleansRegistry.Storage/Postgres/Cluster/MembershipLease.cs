using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Cluster;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// A silo's own evidence that it is a member: it checks the membership table four times a second, and may answer for
/// 1.25 seconds after the beginning of the last check that found it alive. Others who declare it dead wait that long
/// with what they write (<c>registry_fence</c>), so that no answer of a frozen or cut-off silo contradicts one that
/// another silo has given. While the database is away nobody can declare anything: the silo goes on as long as all
/// members that it knew answer its probe that it is away for them too, or that they have seen it alive; but not for so
/// long that a newcomer, whom none of them knows, may have taken them all for dead. A silo that finds the membership
/// table set back ends: what it and the others know of each other is not in the table any more, and Orleans takes a
/// lower version for an old one.
/// </summary>
internal sealed partial class MembershipLease(
    PostgresDatabase database,
    SiloIdentity silo,
    ClockCheck check,
    DatabaseEpoch epoch,
    IServiceProvider services,
    TimeProvider clock,
    ILogger<MembershipLease> logger)
    : ISiloLease, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>
    /// How long a membership check counts. <c>registry_lease</c> says it to the database. Callers of a lost silo wait
    /// for its end; a longer one outlasts a longer stall.
    /// </summary>
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(1.25);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a silo may have had no CPU and still be who it was: others need three probes of a second to declare it
    /// dead.
    /// </summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long members may go on that nobody has seen in the database: a newcomer who reaches it takes them for dead a
    /// minute after they last wrote there, which may be 20 seconds before their last check
    /// (<c>IAmAliveTablePublishTimeout</c>, and three times that).
    /// </summary>
    private static readonly TimeSpan LongestUnseen = TimeSpan.FromSeconds(35);

    private const string SetBack = "The database was set back: it does not know members that it knew. This silo ends; start it again.";

    private readonly CancellationTokenSource _stop = new();
    private Task _checking = Task.CompletedTask;
    private long _heldUntil = long.MinValue;
    private volatile MembershipSnapshot _last = new([], 0, default, 0);

    /// <summary>Whether the silo may answer.</summary>
    public bool IsHeld => clock.GetTimestamp() < Volatile.Read(ref _heldUntil);

    public Func<bool> Of(IGrainContext grain)
    {
        var isOver = epoch.OverFor(grain);
        return () => IsHeld && !isOver();
    }

    /// <summary>The answer to the peer probe of another silo.</summary>
    public PeerProbeResult Probe(string other)
    {
        var last = _last;
        // What this silo has declared itself it may not have seen in the table yet.
        var isMember = last.Members.Contains(other) && !services.GetRequiredService<ISiloStatusOracle>().IsDeadSilo(new SiloIdentity(other).ToAddress());
        return new PeerProbeResult(isMember, clock.GetElapsedTime(last.Begun));
    }

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(MembershipLease),
        // The silo has its row by now, and takes no calls yet.
        ServiceLifecycleStage.ApplicationServices,
        async cancellationToken =>
        {
            while (!await CheckMembership(cancellationToken))
            {
                await Task.Delay(Interval, clock, cancellationToken);
            }

            _checking = KeepChecking(_stop.Token);
        },
        async _ =>
        {
            await _stop.CancelAsync();
            await _checking;
        });

    public void Dispose() => _stop.Dispose();

    private async Task KeepChecking(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    await CheckMembership(cancellationToken);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    // Whatever it was, a silo that stopped checking would never answer again.
                    LogFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The silo is gone, and its calls with it.
        }
    }

    /// <summary>Checks once; whether the silo was found alive.</summary>
    private async Task<bool> CheckMembership(CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        try
        {
            // A frozen database keeps the driver even from giving up in time.
            var snapshot = await ReadMembers(begun).WaitAsync(LeaseDuration / 2, clock, cancellationToken);
            epoch.Note(snapshot.Started);
            if (snapshot.Version < _last.Version)
            {
                End();
                return false;
            }

            _last = snapshot;
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await ProbePeers();
            return false;
        }

        if (_last.Members.Contains(silo.Name))
        {
            Hold(begun);
            return true;
        }

        if (Interlocked.Exchange(ref _heldUntil, long.MinValue) != long.MinValue)
        {
            LogLost(silo.Name);
        }

        return false;
    }

    private void End()
    {
        Volatile.Write(ref _heldUntil, long.MinValue);
        services.GetRequiredService<IFatalErrorHandler>().OnFatalException(nameof(MembershipLease), SetBack, exception: null);
    }

    /// <summary>
    /// Goes by what the others know, all of them: whoever doesn't answer may see the database, and declare this silo
    /// dead there.
    /// </summary>
    private async Task ProbePeers()
    {
        var begun = clock.GetTimestamp();
        if (begun >= Volatile.Read(ref _heldUntil) + Ticks(Stall))
        {
            return;
        }

        PeerProbeResult[] results;
        try
        {
            var peers = services.GetRequiredService<PeerProbeClient>();
            results = await Task.WhenAll(
                _last.Members.Where(member => member != silo.Name).Select(member => peers.Probe(member, silo.Name)));
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            return;
        }

        var unseen = results.Select(result => result.Age).Append(clock.GetElapsedTime(_last.Begun)).Min();
        if (unseen < LongestUnseen && Array.TrueForAll(results, result => result.IsMember))
        {
            // One who sees the database says how long ago it did; for the others it is away now.
            Hold(begun - (unseen < LeaseDuration ? Ticks(unseen) : 0));
        }
    }

    /// <summary>
    /// The silos that are members, and what comes along: the version of their table, when the database server was
    /// started, what time it is there.
    /// </summary>
    private async Task<MembershipSnapshot> ReadMembers(long begun)
    {
        using var timeout = new CancellationTokenSource(LeaseDuration / 2, clock);
        await using var connection = await database.Members.OpenConnectionAsync(timeout.Token);
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            select registry_live_members(), clock_timestamp(), (select max(version) from registry_cluster),
                   pg_postmaster_start_time()
            """;
        var asked = clock.GetUtcNow();
        await using var reader = await command.ExecuteReaderAsync(timeout.Token);
        await reader.ReadAsync(timeout.Token);
        check.Compare(asked, await reader.GetFieldValueAsync<DateTimeOffset>(1, timeout.Token), clock.GetUtcNow());
        return new MembershipSnapshot(
            await reader.GetFieldValueAsync<string[]>(0, timeout.Token),
            await reader.GetFieldValueAsync<int>(2, timeout.Token),
            await reader.GetFieldValueAsync<DateTimeOffset>(3, timeout.Token),
            begun);
    }

    private void Hold(long from) => Volatile.Write(ref _heldUntil, from + Ticks(LeaseDuration));

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    /// <summary>The result of a membership check.</summary>
    /// <param name="Members">The members.</param>
    /// <param name="Version">The version of the membership table.</param>
    /// <param name="Started">When the database server was started.</param>
    /// <param name="Begun">When it began.</param>
    private sealed record MembershipSnapshot(string[] Members, int Version, DateTimeOffset Started, long Begun);

    [LoggerMessage(313, LogLevel.Error, "The silo's membership could not be checked")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(310, LogLevel.Error, "The silo {Silo} is no member of the cluster any more: it answers nothing")]
    private partial void LogLost(string silo);
}
