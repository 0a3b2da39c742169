using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The servers of a version: reading and replacing them.</summary>
internal static class VersionServerEndpoints
{
    private static readonly RequestParameter DrainSeconds = RequestParameter.Number(
        "drain_seconds",
        $"Answers once the calls that were admitted before have ended, after 0 to {CallDrain.MaxDrainSeconds} seconds at the latest. The list is replaced at once.",
        0,
        CallDrain.MaxDrainSeconds);

    /// <summary>Maps the routes.</summary>
    public static void MapVersionServers(this IEndpointRouteBuilder routes)
    {
        var servers = routes.MapGroup("").WithTags("Servers").DescribePath(PathParameter.Version);
        servers.MapGet(Routes.OfVersion("/servers"), GetServers)
            .WithName("get_servers")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.StateCorrupt);
        servers.MapMethods(Routes.OfVersion("/servers"), [HttpMethods.Put], PutServers)
            .WithName("put_servers")
            .RequirePermission(Permission.Deploy)
            .AcceptsParameters(DrainSeconds, CommonParameters.DryRun, CommonParameters.IfMatch)
            .ProducesErrors(
                ErrorCode.VersionNotFound,
                ErrorCode.NotServable,
                ErrorCode.NoServerLeft,
                ErrorCode.TooManyServers,
                ErrorCode.VersionDeleted,
                ErrorCode.RevisionMismatch,
                ErrorCode.PayloadTooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.StateCorrupt);
    }

    /// <summary>Lists the servers of a version, and says which are up.</summary>
    /// <remarks>The entity tag is the version's. A version without a serving spec, or one that the registry runs, has none.</remarks>
    public static async Task<Answer<ServerList>> GetServers(
        VersionId id,
        RequestCaller caller,
        IRegistryCatalog catalog,
        IGrainFactory grains,
        VersionHealthReader health,
        CancellationToken cancellationToken)
    {
        if (await catalog.FindVersion(caller.Workspace, id, cancellationToken) is not { } found)
        {
            return VersionResolver.NotFound(id.ToString());
        }

        var servers = found.Serving?.Servers ?? [];
        if (servers.Any(server => server.State == ServerStatus.Starting))
        {
            // Whoever waits for one: a model that nobody has asked since all nodes have started asks no server.
            await grains.GetModel(caller, id.ModelId).Resolve(null);
        }

        var (known, tag) = await health.Read(caller, found, cancellationToken);
        return Answer<ServerList>.Of(new ServerList(known.Serving?.Servers ?? []) { Health = known.Serving?.Health }, tag);
    }

    /// <summary>Replaces the servers of a version, without a start.</summary>
    /// <remarks>
    /// No call that begins after the answer reaches a server that is not in the list. New servers are called after their
    /// first 2xx. A version that is ready keeps a server that is up: to move house, add, wait, and remove.
    /// </remarks>
    public static async Task<Answer<PutServersAnswer>> PutServers(
        CommandReceipt receipt,
        VersionId id,
        RequestBody<PutServersRequest> body,
        RequestCaller caller,
        HttpRequest request,
        IGrainFactory grains,
        CallDrain drain,
        CancellationToken cancellationToken)
    {
        var command = body.Value.ToCommand(receipt.By(caller, body.Value), id.Ordinal);
        var drainSeconds = DrainSeconds.In(request) is [var seconds] ? int.Parse(seconds, CultureInfo.InvariantCulture) : (int?)null;
        var outcome = await drain.Run(id, drainSeconds, receipt, caller, () => grains.GetModel(caller, id.ModelId).PutServers(command), cancellationToken);
        return outcome.TryGet(out var drained, out var error)
            ? Answer<PutServersAnswer>.Of(
                new PutServersAnswer { Version = drained.Answer.Version, Changed = drained.Answer.Changed, InFlightLeft = drained.InFlightLeft },
                drained.Answer.Version.Etag,
                receipt.IsDryRun)
            : error;
    }
}

/// <summary>Replaces the servers of a version.</summary>
internal sealed class PutServersRequest : CommandRequest, IRequestBody
{
    /// <inheritdoc/>
    public static string Example =>
        """
        {
          "servers": [
            { "url": "http://10.0.0.7:8000/predict", "health_url": "http://10.0.0.7:8000/health" },
            { "url": "http://10.0.0.8:8000/predict", "health_url": "http://10.0.0.8:8000/health" }
          ]
        }
        """;

    /// <summary>All servers from now on, 1 to 64, none twice.</summary>
    [JsonRequired]
    public IReadOnlyList<ServingServer> Servers { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<FieldError> Validate(RequestFields fields) =>
        fields.WithRefused(CommandValidation.Validate(ToCommand(fields.Unsent, 1)), RequestFields.Addresses("servers", Servers));

    internal PutServersCommand ToCommand(CommandContext context, int ordinal) => new() { Context = context, Ordinal = ordinal, Servers = Servers };
}

/// <summary>The servers of a version.</summary>
/// <param name="Servers">All of them, the first one first.</param>
internal sealed record ServerList(IReadOnlyList<ServerView> Servers)
{
    /// <summary>Whether the version answers; null while nobody asks.</summary>
    public VersionHealth? Health { get; init; }
}

/// <summary>The answer of replacing the servers of a version.</summary>
internal sealed record PutServersAnswer
{
    /// <summary>The version after the command, with its servers.</summary>
    public required VersionView Version { get; init; }

    /// <summary>Whether the list has changed.</summary>
    public bool Changed { get; init; }

    /// <summary>
    /// With <c>drain_seconds</c>: how many calls that were admitted before still ran when the time was up. On several
    /// nodes it counts later calls of the other nodes too. Else null.
    /// </summary>
    public int? InFlightLeft { get; init; }
}
