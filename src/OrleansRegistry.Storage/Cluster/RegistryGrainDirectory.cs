using System.Data.Common;
using Npgsql;
using Orleans.GrainDirectory;

namespace OrleansRegistry.Storage.Cluster;

/// <summary>
/// On which silo each grain is, in the cluster's database. Orleans' own directory lives in the silos and may for a moment have a grain twice
/// while silos come and go; the second one would answer from what the first has changed since. Here a grain leaves a silo only when it
/// says so itself, or when the database has it as dead.
/// </summary>
internal sealed class RegistryGrainDirectory(RegistryDatabase database) : IGrainDirectory
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
        delete from registry_location
        where grain in (select grain from registry_location where silo = any($1) and not registry_is_member(silo) for update skip locked)
        """;

    private DbDataSource Source => database.Writers;

    public Task<GrainAddress?> Lookup(GrainId grainId) => Find(grainId, FindQuery, Text(grainId.ToString()));

    public Task<GrainAddress?> Register(GrainAddress address) => Register(address, null);

    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => Find(
        address.GrainId,
        EnterQuery,
        Text(address.GrainId.ToString()),
        Text(SiloIdentity.Of(address.SiloAddress!).Name),
        Text(address.ActivationId.ToParsableString()),
        new NpgsqlParameter<long> { TypedValue = address.MembershipVersion.Value },
        Text(previousAddress?.ActivationId.ToParsableString()));

    public async Task Unregister(GrainAddress address)
    {
        await using var command = Source.CreateCommand(LeaveQuery);
        command.Parameters.Add(Text(address.GrainId.ToString()));
        command.Parameters.Add(Text(address.ActivationId.ToParsableString()));
        await command.ExecuteNonQueryAsync();
    }

    public async Task UnregisterSilos(List<SiloAddress> siloAddresses)
    {
        await using var command = Source.CreateCommand(ClearQuery);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. siloAddresses.Select(silo => SiloIdentity.Of(silo).Name)] });
        await command.ExecuteNonQueryAsync();
    }

    private static NpgsqlParameter<string?> Text(string? value) => new() { TypedValue = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };

    private async Task<GrainAddress?> Find(GrainId grain, string query, params NpgsqlParameter[] parameters)
    {
        await using var command = Source.CreateCommand(query);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

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
    }
}
