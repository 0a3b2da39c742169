using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The list of a model's versions.</summary>
internal static class ListVersionsEndpoint
{
    private static readonly RequestParameter ExternalId = new("external_id", "The deployer's own id.");
    private static readonly RequestParameter State =
        RequestParameter.OneOf("state", "The state; all but deleted ones by default.", EnumNames<VersionState>.All);

    /// <summary>Maps the route.</summary>
    public static void MapListVersions(this IEndpointRouteBuilder routes) => routes.MapGet(Routes.OfModel("/versions"), ListVersions)
        .WithName("list_versions")
        .Compresses()
        .DescribePath(PathParameter.Model)
        .RequirePermission(Permission.Read)
        .WithTags("Versions")
        .AcceptsParameters(State, CommonParameters.Label, ExternalId, CommonParameters.PageSize, CommonParameters.PageToken)
        .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.StateCorrupt);

    /// <summary>Lists a model's versions, newest first.</summary>
    public static async Task<Answer<Page<VersionView>>> ListVersions(
        string model,
        RequestCaller caller,
        HttpRequest request,
        ModelDirectory directory,
        IRegistryCatalog catalog,
        PageTokens pageTokens,
        CancellationToken cancellationToken)
    {
        if (await directory.Read(caller.Workspace, model, cancellationToken) is not { Model.Id: var id })
        {
            return ModelDirectory.NotFound(model);
        }

        var state = State.ValueIn(request);
        var filter = new VersionFilter
        {
            State = EnumNames<VersionState>.TryParse(state, out var known) ? known : null,
            LabelTexts = [.. CommonParameters.Label.In(request)],
            ExternalId = ExternalId.ValueIn(request),
        };
        var tokens = pageTokens.For(caller.Workspace, ["versions", id, state, filter.ExternalId, .. CommonParameters.Label.In(request)]);
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 1, out var cursor) || !int.TryParse(cursor[0], NumberStyles.None, CultureInfo.InvariantCulture, out var before))
            {
                return PageToken.Refusal();
            }

            filter = filter with { Before = before };
        }

        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            await catalog.ListVersions(caller.Workspace, id, filter, size + 1, cancellationToken),
            size,
            last => tokens.Encode(VersionId.TryParse(last.Id, out var lastId) ? lastId.Ordinal.ToString(CultureInfo.InvariantCulture) : ""));
    }
}
