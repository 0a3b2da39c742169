using System.Data.Common;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.GrainDirectory;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// On which silo each grain is, in the cluster's database. Orleans' own directory lives in the silos and may for a
/// moment have a grain twice while silos come and go; the second one would answer from what the first has changed
/// since. Here a grain leaves a silo only when it says so itself, or when the database has it as dead.
/// </summary>
internal sealed partial class RegistryGrainDirectory(PostgresDatabase database, ILogger<RegistryGrainDirectory> logger) : IGrainDirectory
{
    private const string FindQuery = "select silo, activation, membership_version from registry_location where grain = $1";

    private const string EnterQuery = "select silo, activation, membership_version from registry_locate($1, $2, $3, $4, $5)";

    /// <summary>Others ask for it too, when they take the silo for dead: the database knows better.</summary>
    private const string LeaveQuery =
        """
        delete from registry_location
        where grain = $1 and activation = $2 and (silo = current_setting('registry.silo', true) or not registry_is_member(silo))
        """;

    /// <summary>Every silo does this at once: what another has its hands on is left to it.</summary>
    private const string ClearQuery =
        """
        with cleared as (
            delete from registry_location
            where grain in (select grain from registry_location where silo = any($1) and not registry_is_member(silo) for update skip locked)
            returning silo, grain)
        select silo, count(*) filter (where grain like 'model/%') from cleared group by silo
        """;

    private const string Away = "The directory of the grains can't be read now.";

    private const int MaxTries = 3;

    public Task<GrainAddress?> Lookup(GrainId grainId) => Find(grainId, FindQuery, () => [Text(grainId.ToString())]);

    public Task<GrainAddress?> Register(GrainAddress address) => Register(address, null);

    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => Find(
        address.GrainId,
        EnterQuery,
        () =>
        [
            Text(address.GrainId.ToString()),
            Text(SiloIdentity.Of(address.SiloAddress!).Name),
            Text(address.ActivationId.ToParsableString()),
            new NpgsqlParameter<long> { TypedValue = address.MembershipVersion.Value },
            Text(previousAddress?.ActivationId.ToParsableString()),
        ]);

    public Task Unregister(GrainAddress address) => Do(
        LeaveQuery,
        command => command.ExecuteNonQueryAsync(),
        () => [Text(address.GrainId.ToString()), Text(address.ActivationId.ToParsableString())]);

    public async Task UnregisterSilos(List<SiloAddress> siloAddresses)
    {
        try
        {
            var cleared = await Do(
                ClearQuery,
                async command =>
                {
                    List<(string Silo, long Models)> found = [];
                    await using var reader = await command.ExecuteReaderAsync();
                    while (await reader.ReadAsync())
                    {
                        found.Add((reader.GetString(0), reader.GetInt64(1)));
                    }

                    return found;
                },
                () => [new NpgsqlParameter<string[]> { TypedValue = [.. siloAddresses.Select(silo => SiloIdentity.Of(silo).Name)] }]);
            foreach (var (silo, models) in cleared)
            {
                LogLost(silo, models);
            }
        }
        catch (SiloReplacedException e)
        {
            // They hold nothing any more, whether they stand there or not; Orleans would not come again after an
            // exception.
            LogNotCleared(e);
        }
    }

    private static NpgsqlParameter<string?> Text(string? value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };

    private Task<GrainAddress?> Find(GrainId grain, string query, Func<IEnumerable<NpgsqlParameter>> parameters) => Do(
        query,
        async command =>
        {
            await using var reader = await command.ExecuteReaderAsync();
            return await reader.ReadAsync()
                ? new GrainAddress
                {
                    GrainId = grain,
                    SiloAddress = new SiloIdentity(reader.GetString(0)).ToAddress(),
                    ActivationId = ActivationId.FromParsableString(reader.GetString(1)),
                    MembershipVersion = new MembershipVersion(reader.GetInt64(2)),
                }
                : null;
        },
        parameters);

    /// <summary>
    /// Runs a statement, all of which may be run twice. What Orleans is told that it failed goes to the caller of the
    /// grain, whose call has reached nobody then.
    /// </summary>
    /// <exception cref="SiloReplacedException">The database doesn't answer.</exception>
    private async Task<T> Do<T>(string query, Func<DbCommand, Task<T>> run, Func<IEnumerable<NpgsqlParameter>> parameters)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var command = database.Readers.CreateCommand(query);
                foreach (var parameter in parameters())
                {
                    command.Parameters.Add(parameter);
                }

                return await run(command);
            }
            catch (DbException e) when (e is { IsTransient: true, InnerException: not TimeoutException } && tries < MaxTries)
            {
                // A connection that a restart of the server has broken: another one, then.
            }
            catch (Exception e) when (e is DbException or TimeoutException or IOException)
            {
                throw new SiloReplacedException($"{Away} {e.Message}");
            }
        }
    }

    [LoggerMessage(331, LogLevel.Warning, "The silo {Silo} is lost: {Count} models of it move, as this silo has found them")]
    private partial void LogLost(string silo, long count);

    [LoggerMessage(330, LogLevel.Warning, "The locations of grains on dead silos could not be cleared")]
    private partial void LogNotCleared(Exception exception);
}
