using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Finds the version that the <c>{id}</c> in a path names (rule A6), for handlers that take it as a <see cref="VersionId"/>: by its id, which the
/// route has read, or by its model and number. Where only an id is taken, the refusal says it.
/// </summary>
internal sealed class VersionIdFilter(ModelDirectory directory, IRegistryCatalog catalog) : IEndpointFilter
{
    private const string Parameter = "id";

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        for (var place = 0; place < context.Arguments.Count; place++)
        {
            if (context.Arguments[place] is VersionId { ModelId: null })
            {
                return FindNamed(context, next);
            }
        }

        return next(context);
    }

    private async ValueTask<object?> FindNamed(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        for (var place = 0; place < context.Arguments.Count; place++)
        {
            if (context.Arguments[place] is not VersionId { ModelId: null } || RequestCaller.Of(http) is not { } caller)
            {
                continue;
            }

            var text = http.GetRouteValue(Parameter) as string ?? "";
            if (!VersionName.TryParse(text, out var name))
            {
                return new Refusal(VersionName.Refusal(text));
            }

            if (await Find(caller.Workspace, name, http.RequestAborted) is not { } id)
            {
                return new Refusal(VersionResolver.NotFound(text));
            }

            if (TakesIdOnly(http))
            {
                return new Refusal(new RegistryError(
                    ErrorCode.IdRequired, $"This command takes an id only, because a name may lead to another model one day. {text} is {id} now."));
            }

            context.Arguments[place] = id;
            // The route has noted that it could not read the text; the handler would not run.
            http.Response.StatusCode = StatusCodes.Status200OK;
        }

        return await next(context);
    }

    private async Task<VersionId?> Find(string workspace, VersionName name, CancellationToken cancellationToken) =>
        await directory.Read(workspace, name.Model, cancellationToken) is { Model.Id: var modelId }
        && await catalog.FindVersion(workspace, modelId, name.Number, cancellationToken) is { } found
        && VersionId.TryParse(found.Id, out var id)
            ? id
            : null;

    private static bool TakesIdOnly(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetOrderedMetadata<PathParameter>().LastOrDefault(parameter => parameter.Name == Parameter) == PathParameter.VersionId;
}
