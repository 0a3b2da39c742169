using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Answers 404 where the <c>{id}</c> of a version in the path is none: there can be no version of that id. Handlers take the id as a
/// <see cref="VersionId"/>, which stays default where the text was not read.
/// </summary>
[SuppressMessage("Performance", "CA1822", Justification = "An endpoint filter.")]
internal sealed class VersionIdFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.Arguments.Any(argument => argument is VersionId { ModelId: null })
            ? ValueTask.FromResult<object?>(new Refusal(VersionResolver.NotFound(context.HttpContext.GetRouteValue("id") as string ?? "")))
            : next(context);
}
