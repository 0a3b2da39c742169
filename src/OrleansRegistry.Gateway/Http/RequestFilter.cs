using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Refuses what a route does not read: parameters that are unknown, repeated or not valid, and bodies that are not as
/// they must be. All that is wrong is answered at once, in the order of the request: its query, its headers, its body.
/// Handlers see only what is left.
/// </summary>
[SuppressMessage("Performance", "CA1822", Justification = "An endpoint filter.")]
internal sealed class RequestFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        Problem(context) is { } problem ? ValueTask.FromResult<object?>(new Refusal(problem)) : next(context);

    private static RegistryError? Problem(EndpointFilterInvocationContext context)
    {
        var http = context.HttpContext;
        var declared = http.GetEndpoint()?.Metadata.GetMetadata<RequestParameters>()?.All ?? [];
        List<FieldError> problems = HasParameters(http.Request, declared)
            ? [.. QueryTexts.Problems(http.Request), .. QueryProblems(http.Request, declared), .. HeaderProblems(http.Request, declared)]
            : [];
        for (var place = 0; place < context.Arguments.Count; place++)
        {
            if (context.Arguments[place] is not IRequestPart { Refusal: { } refusal })
            {
                continue;
            }

            if (refusal.Fields.IsEmpty)
            {
                return refusal;
            }

            problems.AddRange(refusal.Fields);
        }

        if (http.GetEndpoint()?.Metadata.GetMetadata<RequestBodyMetadata>() is null && HasBody(http))
        {
            problems.Add(new FieldError("body", "is not accepted here"));
        }

        return problems.Count == 0 ? null : RegistryError.Invalid([.. problems]);
    }

    /// <summary>Whether there is anything to look at: most calls have neither a query nor a header that the route reads.</summary>
    private static bool HasParameters(HttpRequest request, IReadOnlyList<RequestParameter> declared)
    {
        if (request.QueryString.HasValue || request.Headers.IfMatch.Count > 0)
        {
            return true;
        }

        for (var place = 0; place < declared.Count; place++)
        {
            if (declared[place].IsHeader && request.Headers.ContainsKey(declared[place].Name))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<FieldError> QueryProblems(HttpRequest request, IReadOnlyList<RequestParameter> declared) =>
        request.Query.Keys.SelectMany(name => declared.FirstOrDefault(parameter => !parameter.IsHeader && parameter.Name == name) is { } known
            ? Problems(request, known)
            : [new FieldError(name, "is not a parameter of this route")]);

    private static IEnumerable<FieldError> HeaderProblems(HttpRequest request, IReadOnlyList<RequestParameter> declared)
    {
        foreach (var problem in declared.Where(parameter => parameter.IsHeader).SelectMany(header => Problems(request, header)))
        {
            yield return problem;
        }

        // A condition that is not looked at would be taken for one that was met.
        if (!request.IsRead() && request.Headers.IfMatch.Count > 0 && !declared.Contains(CommonParameters.IfMatch))
        {
            yield return new FieldError(CommonParameters.IfMatch.Name, "does not apply here");
        }
    }

    private static List<FieldError> Problems(HttpRequest request, RequestParameter parameter)
    {
        var values = parameter.In(request);
        if (values.Count > parameter.MaxTimes)
        {
            return [new FieldError(parameter.Name, parameter.MaxTimes == 1 ? "must not appear twice" : $"must not appear more than {parameter.MaxTimes} times")];
        }

        List<FieldError> problems = [];
        if (!parameter.IsHeader && values.Distinct(StringComparer.Ordinal).Count() < values.Count)
        {
            problems.Add(new FieldError(parameter.Name, "must not have the same value twice"));
        }

        problems.AddRange(values
            .Select(value => WellFormedText.IsWellFormed(value) ? parameter.Problem(value) : WellFormedText.Rule)
            .OfType<string>()
            .Select(problem => new FieldError(parameter.Name, problem)));
        return problems;
    }

    private static bool HasBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && context.Request.ContentLength != 0;
}

/// <summary>An answer that is a problem.</summary>
internal sealed class Refusal(RegistryError error) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => ProblemWriter.Write(httpContext, error);
}
