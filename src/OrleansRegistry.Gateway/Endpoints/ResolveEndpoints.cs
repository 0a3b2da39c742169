using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>Resolving.</summary>
public static class ResolveEndpoints
{
    private static readonly RequestParameter Selector = new(
        "version", "A number (`1.2.3`), an npm-style range (`^1.2`, `~1.4`, `1.x`) or a version id; the primary when it is left out.");

    /// <summary>Maps the route.</summary>
    public static void MapResolve(this IEndpointRouteBuilder routes) => routes.MapGet(Routes.OfModel("/resolve"), Resolve)
        .WithName("resolve")
        .WithTags("Models")
        .Reads(Selector, CommonParameters.IfNoneMatch)
        .Refuses(
            ErrorCode.InvalidSelector,
            ErrorCode.ModelNotFound,
            ErrorCode.VersionNotFound,
            ErrorCode.NoMatchingVersion,
            ErrorCode.VersionInactive,
            ErrorCode.NoPrimary,
            ErrorCode.VersionDeleted,
            ErrorCode.ModelDeleted,
            ErrorCode.VersionStarting,
            ErrorCode.ServingFailed,
            ErrorCode.StateCorrupt);

    /// <summary>Says which version a selector leads to now.</summary>
    public static async Task<Answer<ResolveAnswer>> Resolve(
        string model,
        RequestCaller caller,
        HttpRequest request,
        ModelLookup lookup,
        IGrainFactory grains,
        IRegistryCatalog catalog,
        ArtifactLookup artifacts,
        CancellationToken cancellationToken)
    {
        var selector = Selector.In(request) is [var text] ? text : null;
        var outcome = await lookup.Ask(caller.Workspace, model, id => Ask(id, selector), cancellationToken);
        if (!outcome.TryGet(out var resolved, out var error))
        {
            return error;
        }

        var answer = new ResolveAnswer
        {
            VersionId = resolved.VersionId,
            Version = resolved.Version,
            ResolvedBy = resolved.ResolvedBy,
            ServingUrl = resolved.ServingUrl,
            Artifact = VersionId.TryParse(resolved.VersionId, out var versionId)
                ? await artifacts.Find(caller.Workspace, versionId, cancellationToken)
                : null,
            Revision = resolved.Revision,
        };
        return Answer<ResolveAnswer>.Of(answer, EntityTag.Model(resolved.Revision));

        async Task<Outcome<ResolvedVersion>> Ask(string id, string? selector)
        {
            var grain = grains.GetGrain<IModelGrain>(GrainKeys.Model(caller.Workspace, id));
            var outcome = await grain.Resolve(selector);
            return outcome.Error?.Code == ErrorCode.VersionNotFound ? await Explain(grain, id, selector!, outcome) : outcome;
        }

        // The model knows its active versions only; the catalog knows what became of the others.
        async Task<Outcome<ResolvedVersion>> Explain(IModelGrain grain, string id, string selector, Outcome<ResolvedVersion> notFound)
        {
            var found = VersionId.TryParse(selector, out var selected)
                ? selected.ModelId == id ? await catalog.FindVersion(caller.Workspace, selected, cancellationToken) : null
                : await catalog.FindVersion(caller.Workspace, id, selector, cancellationToken);
            return found?.State switch
            {
                null => notFound,
                VersionState.Inactive => new RegistryError(ErrorCode.VersionInactive, $"Version {found.Version} is inactive; activate it first."),
                VersionState.Deleted => new RegistryError(ErrorCode.VersionDeleted, $"Version {found.Version} is deleted."),
                _ => await grain.Resolve(selector) is var again && again.Error?.Code != ErrorCode.VersionNotFound
                    ? again
                    : new RegistryError(ErrorCode.Unavailable, $"Version {found.Version} is becoming active."),
            };
        }
    }
}
