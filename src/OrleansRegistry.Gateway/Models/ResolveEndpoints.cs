using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Resolving.</summary>
internal static class ResolveEndpoints
{
    private static readonly RequestParameter Selector = new(
        "version", "A number (`1.2.3`), an npm-style range (`^1.2`, `~1.4`, `1.x`) a version id, or an alias (`@staging`); the primary when it is left out.");

    private static readonly RequestParameter Explain = RequestParameter.Flag(
        "explain",
        "Also tells of the ten versions nearest to the one that is taken, in order of their numbers, and why each was not"
        + " taken; in a refusal too.");

    /// <summary>Maps the route.</summary>
    public static void MapResolve(this IEndpointRouteBuilder routes) => routes.MapGet(Routes.OfModel("/resolve"), Resolve)
        .WithName("resolve")
        .DescribePath(PathParameter.Model)
        .RequirePermission(Permission.Resolve)
        .WithTags("Models")
        .AcceptsParameters(Selector, Explain, CommonParameters.IfNoneMatch)
        .ProducesErrors(Routes.SelectionErrors);

    /// <summary>Says which version a selector leads to now.</summary>
    public static async Task<Answer<ResolveAnswer>> Resolve(
        string model,
        RequestCaller caller,
        HttpRequest request,
        VersionResolver versions,
        ArtifactLookup artifacts,
        NearestVersions nearest,
        CancellationToken cancellationToken)
    {
        var selector = Selector.ValueIn(request);
        var outcome = await versions.Resolve(caller.Workspace, model, selector, caller.ModelIds, cancellationToken);
        var near = Explain.In(request) is ["true"]
            ? await nearest.Find(caller.Workspace, model, selector, outcome, caller.ModelIds, cancellationToken)
            : null;
        if (!outcome.TryGet(out var resolved, out var error))
        {
            return Answer<ResolveAnswer>.Refused(error, near);
        }

        var answer = new ResolveAnswer
        {
            VersionId = resolved.VersionId,
            Version = resolved.Version,
            ResolvedBy = resolved.ResolvedBy,
            Alias = resolved.Alias,
            ServingUrl = resolved.ServingUrl,
            Artifact = VersionId.TryParse(resolved.VersionId, out var versionId)
                ? await artifacts.Find(caller.Workspace, versionId, cancellationToken)
                : null,
            Revision = resolved.Revision,
            Nearest = near,
        };
        return Answer<ResolveAnswer>.Of(answer, TagOf(resolved));
    }

    /// <summary>The serving URL changes without a new revision when the first server is down (rule HV2).</summary>
    private static string TagOf(ResolvedVersion resolved)
    {
        var stored = EntityTag.OfRevision(resolved.Revision);
        return resolved.Servers is [var first, ..] && first != resolved.ServingUrl ? EntityTags.With(stored, resolved.ServingUrl!) : stored;
    }
}
