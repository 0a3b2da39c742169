using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The traffic of one active version of a model.</summary>
/// <param name="VersionId">The version's id.</param>
/// <param name="Version">The version's number.</param>
/// <param name="IsPrimary">Whether the version is primary.</param>
/// <param name="Traffic">Its traffic.</param>
internal sealed record VersionTraffic(string VersionId, string Version, bool IsPrimary, TrafficView Traffic);

/// <summary>The traffic of a model's active versions.</summary>
internal static class ModelTrafficEndpoint
{
    private const int AtOnce = 16;

    /// <summary>Maps the route.</summary>
    public static void MapModelTraffic(this IEndpointRouteBuilder routes) => routes
        .MapGet(Routes.OfModel("/traffic"), GetModelTraffic)
        .WithName("get_model_traffic")
        .DescribePath(PathParameter.Model)
        .RequirePermission(Permission.Read)
        .WithTags("Versions")
        .AcceptsParameters(CommonParameters.PageSize, CommonParameters.PageToken)
        .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.StateCorrupt);

    /// <summary>Tells the traffic of all active versions of a model, newest first.</summary>
    /// <remarks>The counts of this gateway are complete; other gateways report every second.</remarks>
    public static async Task<Answer<Page<VersionTraffic>>> GetModelTraffic(
        string model,
        RequestCaller caller,
        HttpRequest request,
        ModelDirectory directory,
        IRegistryCatalog catalog,
        TrafficReporter reporter,
        PageTokens pageTokens,
        CancellationToken cancellationToken)
    {
        if (await directory.Read(caller.Workspace, model, cancellationToken) is not { Model.Id: var id })
        {
            return ModelDirectory.NotFound(model);
        }

        var tokens = pageTokens.For(caller.Workspace, ["traffic", id]);
        int? before = null;
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 1, out var cursor))
            {
                return PageToken.Refusal();
            }

            before = int.Parse(cursor[0], CultureInfo.InvariantCulture);
        }

        var size = CommonParameters.PageSizeOf(request);
        var drafts = await List(VersionState.Draft);
        var published = await List(VersionState.Published);
        var active = drafts.Concat(published)
            .Select(version => (View: version, Id: VersionId.TryParse(version.Id, out var found) ? found : default))
            .OrderByDescending(version => version.Id.Ordinal)
            .Take(size + 1)
            .ToImmutableArray();
        var items = new VersionTraffic[active.Length];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Math.Min(size, active.Length)),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (place, _) =>
            {
                var (view, versionId) = active[place];
                var traffic = await reporter.Read(caller.Workspace, versionId);
                items[place] = new VersionTraffic(view.Id, view.Version, view.IsPrimary, traffic);
            });
        return Page.Of([.. items], size, _ => tokens.Encode(active[size - 1].Id.Ordinal.ToString(CultureInfo.InvariantCulture)));

        Task<ImmutableArray<VersionView>> List(VersionState state)
        {
            var filter = new VersionFilter { State = state, Before = before };
            return catalog.ListVersions(caller.Workspace, id, filter, size + 1, cancellationToken);
        }
    }
}
