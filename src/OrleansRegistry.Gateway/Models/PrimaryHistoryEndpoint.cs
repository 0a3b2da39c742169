using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The history of a model's primary.</summary>
internal static class PrimaryHistoryEndpoint
{
    private static readonly RequestParameter At = new(
        "at", "Only the period that this instant falls into: a date or an RFC 3339 time, not in the future.")
    {
        Problem = Instants.ProblemOf,
    };

    /// <summary>Maps the route.</summary>
    public static void MapPrimaryHistory(this IEndpointRouteBuilder routes) => routes.MapGet(Routes.OfModel("/primary_history"), ListPrimaries)
        .WithName("list_primaries")
        .DescribePath(PathParameter.Model)
        .RequirePermission(Permission.Read)
        .WithTags("Models")
        .AcceptsParameters(At, CommonParameters.PageSize, CommonParameters.PageToken)
        .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.HistoryRemoved, ErrorCode.StateCorrupt);

    /// <summary>Lists the primaries of a model, newest first: who made them so, when and why; by id also of a deleted model.</summary>
    /// <remarks>
    /// A period ends where the next one begins. With <c>at</c> the list has the one period that the instant falls into; its version is null where
    /// nothing was primary. An instant with several moves belongs to the last of them.
    /// </remarks>
    public static async Task<Answer<Page<PrimaryPeriod>>> ListPrimaries(
        string model,
        RequestCaller caller,
        HttpRequest request,
        ModelDirectory directory,
        IRegistryCatalog catalog,
        PageTokens pageTokens,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (await directory.Read(caller.Workspace, model, cancellationToken) is not { Model.Id: var id })
        {
            return ModelDirectory.NotFound(model);
        }

        var token = CommonParameters.PageToken.ValueIn(request);
        if (Instants.In(At, request) is { } at)
        {
            return token is not null ? RegistryError.Invalid(CommonParameters.PageToken.Name, "does not go with at")
                : at > clock.GetUtcNow() ? RegistryError.Invalid(At.Name, "must not be in the future")
                : (await catalog.FindPrimary(caller.Workspace, id, at, cancellationToken)).TryGet(out var period, out var unknown)
                ? new Page<PrimaryPeriod>([period], null)
                : unknown;
        }

        var tokens = pageTokens.For(caller.Workspace, ["primaries", id]);
        EventCursor? previous = null;
        if (token is not null)
        {
            if (!tokens.TryDecode(token, 2, out var cursor)
                || !long.TryParse(cursor[0], NumberStyles.None, CultureInfo.InvariantCulture, out var position)
                || !PageToken.TryParseInstant(cursor[1], out var from))
            {
                return PageToken.Refusal();
            }

            previous = new EventCursor(position, from);
        }

        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            await catalog.ListPrimaries(caller.Workspace, id, previous, size + 1, cancellationToken),
            size,
            last => tokens.Encode(last.EventId!, PageToken.Text(last.From!.Value)));
    }
}
