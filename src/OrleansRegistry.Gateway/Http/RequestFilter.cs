using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Refuses what a route does not read: parameters that are unknown, repeated or not valid, and bodies that are not as they must be. All
/// that is wrong is answered at once, and handlers see only what is left.
/// </summary>
[SuppressMessage("Performance", "CA1822", Justification = "An endpoint filter.")]
internal sealed class RequestFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var declared = http.GetEndpoint()?.Metadata.GetMetadata<RequestParameters>()?.All ?? [];
        List<FieldError> problems = [.. Problems(http.Request, declared)];
        foreach (var refusal in context.Arguments.OfType<IRequestPart>().Select(part => part.Refusal).OfType<RegistryError>())
        {
            if (refusal.Fields.IsEmpty)
            {
                return new Refusal(refusal);
            }

            problems.AddRange(refusal.Fields);
        }

        // A condition that is not looked at would be taken for one that was met.
        if (!http.Request.IsRead() && http.Request.Headers.IfMatch.Count > 0 && !declared.Contains(CommonParameters.IfMatch))
        {
            problems.Add(new FieldError(CommonParameters.IfMatch.Name, "does not apply here"));
        }

        if (http.GetEndpoint()?.Metadata.GetMetadata<RequestBodyMetadata>() is null && HasBody(http))
        {
            problems.Add(new FieldError("body", "is not accepted here"));
        }

        return problems.Count == 0 ? await next(context) : new Refusal(RegistryError.Invalid([.. problems]));
    }

    private static IEnumerable<FieldError> Problems(HttpRequest request, IReadOnlyList<RequestParameter> declared)
    {
        foreach (var name in request.Query.Keys.Where(name => !declared.Any(parameter => !parameter.IsHeader && parameter.Name == name)))
        {
            yield return new FieldError(name, "is not a parameter of this route");
        }

        foreach (var parameter in declared)
        {
            var values = parameter.In(request);
            if (values.Count > parameter.MaxTimes)
            {
                yield return new FieldError(
                    parameter.Name, parameter.MaxTimes == 1 ? "must not appear twice" : $"must not appear more than {parameter.MaxTimes} times");
                continue;
            }

            if (!parameter.IsHeader && values.Distinct(StringComparer.Ordinal).Count() < values.Count)
            {
                yield return new FieldError(parameter.Name, "must not have the same value twice");
            }

            foreach (var value in values)
            {
                if ((WellFormedText.IsWellFormed(value) ? parameter.Problem(value) : WellFormedText.Rule) is { } problem)
                {
                    yield return new FieldError(parameter.Name, problem);
                }
            }
        }
    }

    private static bool HasBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && context.Request.ContentLength != 0;
}

/// <summary>An answer that is a problem.</summary>
internal sealed class Refusal(RegistryError error) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => ProblemWriter.Write(httpContext, error);
}
