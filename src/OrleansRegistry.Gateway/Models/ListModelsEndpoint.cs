using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>The list of models.</summary>
internal static class ListModelsEndpoint
{
    private const string ByName = "name";
    private const string NewestFirst = "-created_at";

    private static readonly RequestParameter Name = new("name", "The exact name.") { Problem = ModelName.TextProblem };
    private static readonly RequestParameter Part = new(
        "q", "A part of the name, in any case. With less than three characters it is the beginning of the name.")
    {
        Problem = ModelName.TextProblem,
    };

    private static readonly RequestParameter Order = RequestParameter.OneOf("order_by", $"The order; `{ByName}` by default.", ByName, NewestFirst);

    /// <summary>Maps the route.</summary>
    public static void MapListModels(this IEndpointRouteBuilder routes) => routes.MapGet("models", ListModels)
        .WithName("list_models")
        .Compresses()
        .RequirePermission(Permission.Read)
        .WithTags("Models")
        .AcceptsParameters(
            Name, Part, CommonParameters.Label, Order, CommonParameters.PageSize, CommonParameters.PageToken);

    /// <summary>Lists models.</summary>
    public static async Task<Answer<Page<ModelView>>> ListModels(
        RequestCaller caller, HttpRequest request, IRegistryCatalog catalog, PageTokens pageTokens, CancellationToken cancellationToken)
    {
        var order = Order.ValueIn(request) == NewestFirst ? ModelOrder.NewestFirst : ModelOrder.Name;
        var filter = new ModelFilter
        {
            Name = Name.ValueIn(request) is { } name ? ModelName.Normalize(name) : null,
            NamePart = Part.ValueIn(request)?.Normalize(System.Text.NormalizationForm.FormC),
            LabelTexts = [.. CommonParameters.Label.In(request)],
            Order = order,
        };
        var tokens = pageTokens.For(
            caller.Workspace,
            ["models", filter.Name, filter.NamePart, order.ToString(), .. CommonParameters.Label.In(request)]);
        if (CommonParameters.PageToken.ValueIn(request) is { } token)
        {
            if (!tokens.TryDecode(token, 3, out var cursor) || !PageToken.TryParseInstant(cursor[1], out var createdAt))
            {
                return PageToken.Refusal();
            }

            filter = filter with { After = new ModelCursor(cursor[0], createdAt, cursor[2]) };
        }

        var size = CommonParameters.PageSizeOf(request);
        return Page.Of(
            await catalog.ListModels(caller.Workspace, filter, size + 1, cancellationToken),
            size,
            last => tokens.Encode(last.Name, PageToken.Text(last.CreatedAt), last.Id));
    }
}
