using System.Data.Common;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRegistry.Storage.Postgres;

namespace OrleansRegistry.Storage.Cluster;

/// <summary>
/// A silo's own evidence that it is a member: it looks at its row three times a second, and may answer for two seconds after the beginning
/// of the last look that found it alive. Others who declare it dead wait that long with what they write (<c>registry_fence</c>), so that
/// no answer of a frozen or cut-off silo contradicts one that another silo has given.
/// </summary>
internal sealed partial class MembershipLease(
    RegistryDatabase database, SiloIdentity silo, TimeProvider clock, ILogger<MembershipLease> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>How long a look counts. <c>registry_fence</c> knows it too.</summary>
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>How long a lonely silo may have had no CPU and still be alone: a newcomer needs three probes of a second to declare it dead.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private Task _looking = Task.CompletedTask;
    private long _heldUntil = long.MinValue;
    private bool _isAlone;

    /// <summary>Whether the silo may answer.</summary>
    public bool IsHeld => clock.GetTimestamp() < Volatile.Read(ref _heldUntil);

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(MembershipLease),
        // The silo has its row by now, and takes no calls yet.
        ServiceLifecycleStage.ApplicationServices,
        async cancellationToken =>
        {
            while (!await Look(cancellationToken))
            {
                await Task.Delay(Interval, clock, cancellationToken);
            }

            _looking = KeepLooking(_stop.Token);
        },
        async _ =>
        {
            await _stop.CancelAsync();
            await _looking;
        });

    public void Dispose() => _stop.Dispose();

    private async Task KeepLooking(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await Look(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo is gone, and its calls with it.
        }
    }

    /// <summary>Looks once; whether the silo was found alive.</summary>
    private async Task<bool> Look(CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        try
        {
            // A frozen database keeps the driver even from giving up in time.
            var (isMember, others) = await Count().WaitAsync(Term / 2, clock, cancellationToken);
            _isAlone = isMember && others == 0;
            if (isMember)
            {
                Hold(begun);
            }
            else if (Interlocked.Exchange(ref _heldUntil, long.MinValue) != long.MinValue)
            {
                LogLost(silo.Name);
            }

            return isMember;
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Nobody else can be declared, or declare, anything while the database is away. One who was alone stays alone, but for one who
            // was frozen meanwhile.
            var now = clock.GetTimestamp();
            if (_isAlone && now < Volatile.Read(ref _heldUntil) + Ticks(Stall))
            {
                Hold(now);
            }

            return false;
        }
    }

    /// <summary>Whether the silo is a member, and how many others are.</summary>
    private async Task<(bool IsMember, int Others)> Count()
    {
        using var patience = new CancellationTokenSource(Term / 2, clock);
        var cancellationToken = patience.Token;
        await using var connection = await ((PostgresDatabase)database).Members.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "select count(*) filter (where silo = @silo)::integer, count(*) filter (where silo <> @silo)::integer from registry_member where status <> 6";
        command.Parameters.Add(new NpgsqlParameter<string>("silo", silo.Name));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt32(0) > 0, reader.GetInt32(1));
    }

    private void Hold(long from) => Volatile.Write(ref _heldUntil, from + Ticks(Term));

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    [LoggerMessage(210, LogLevel.Error, "The silo {Silo} is no member of the cluster any more: it answers nothing")]
    private partial void LogLost(string silo);
}
