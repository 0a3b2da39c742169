using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The list of a model's versions.</summary>
internal static class ListVersionsEndpoint
{
    private const int MaxNumber = 256;
    private const string NewestFirst = "-created_at";
    private const string HighestNumberFirst = "-number";

    private static readonly RequestParameter Number =
        new("number", "The beginning of the number, such as `19.`.") { Problem = ProblemOfNumber };

    private static readonly RequestParameter Order = RequestParameter.OneOf(
        "order_by",
        $"The order; `{NewestFirst}` by default. `{HighestNumberFirst}` is by semantic precedence.",
        NewestFirst,
        HighestNumberFirst);

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
        .AcceptsParameters(
            State,
            CommonParameters.Label,
            ExternalId,
            Number,
            Order,
            CommonParameters.PageSize,
            CommonParameters.PageToken)
        .ProducesErrors(ErrorCode.ModelNotFound, ErrorCode.StateCorrupt);

    /// <summary>Lists a model's versions, newest first unless told otherwise.</summary>
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
        var byNumber = Order.ValueIn(request) == HighestNumberFirst;
        var filter = new VersionFilter
        {
            State = EnumNames<VersionState>.TryParse(state, out var known) ? known : null,
            LabelTexts = [.. CommonParameters.Label.In(request)],
            ExternalId = ExternalId.ValueIn(request),
            NumberPrefix = Number.ValueIn(request),
            Order = byNumber ? VersionOrder.HighestNumberFirst : VersionOrder.NewestFirst,
        };
        var tokens = pageTokens.For(
            caller.Workspace,
            [
                "versions", id, state, filter.ExternalId, filter.NumberPrefix, filter.Order.ToString(),
                .. CommonParameters.Label.In(request),
            ]);
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 1, out var cursor))
            {
                return PageToken.Refusal();
            }

            filter = byNumber
                ? filter with { BeforeNumber = cursor[0] }
                : filter with { Before = int.Parse(cursor[0], CultureInfo.InvariantCulture) };
        }

        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            await catalog.ListVersions(caller.Workspace, id, filter, size + 1, cancellationToken),
            size,
            last => tokens.Encode(byNumber ? last.Version : OrdinalOf(last)));
    }

    private static string OrdinalOf(VersionView version) =>
        VersionId.TryParse(version.Id, out var id) ? id.Ordinal.ToString(CultureInfo.InvariantCulture) : "";

    private static string? ProblemOfNumber(string text) =>
        text.Length <= MaxNumber && text.All(symbol => char.IsAsciiLetterOrDigit(symbol) || symbol is '.' or '-')
            ? null
            : $"must be the beginning of a number: at most {MaxNumber} ASCII letters, digits, dots and hyphens";
}
