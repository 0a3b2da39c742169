using System.Collections.Frozen;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>
/// Asks the HTTP interface of the same process, as the caller of a page: the same route with its permission, its checks
/// and its answer, so that no page can differ from the interface. Limits count the page's own request.
/// </summary>
internal sealed class RegistryApi(EndpointDataSource endpoints, LinkGenerator links)
{
    /// <summary>An artifact with a digest has no address, which answers show as null.</summary>
    private static readonly JsonSerializerOptions Json = new(JsonSettings.Options) { RespectNullableAnnotations = false };

    private readonly Lazy<FrozenDictionary<string, RouteEndpoint>> _operations = new(() => endpoints.Endpoints.OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>() is not null)
        .ToFrozenDictionary(endpoint => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName));

    /// <summary>Reads.</summary>
    /// <param name="page">The page's request.</param>
    /// <param name="operation">The operation's id in the OpenAPI document.</param>
    /// <param name="route">The values in its path.</param>
    /// <param name="query">The query.</param>
    public Task<ApiAnswer<T>> Read<T>(HttpContext page, string operation, object? route = null, QueryString query = default)
        where T : class => Send<T>(page, HttpMethods.Get, operation, route, query, null, null);

    /// <summary>Sends a command.</summary>
    /// <param name="page">The page's request.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="operation">The operation's id in the OpenAPI document.</param>
    /// <param name="route">The values in its path.</param>
    /// <param name="query">The query.</param>
    /// <param name="body">The body, or null for none.</param>
    /// <param name="ifMatch">The entity tag that the resource must have, or null.</param>
    /// <param name="idempotencyKey">Has the command done once only, or null.</param>
    public async Task<ApiAnswer<T>> Send<T>(
        HttpContext page,
        string method,
        string operation,
        object? route,
        QueryString query,
        JsonObject? body,
        string? ifMatch = null,
        string? idempotencyKey = null)
        where T : class
    {
        using var answer = new MemoryStream();
        var stream = new StreamResponseBodyFeature(answer);
        var response = new HttpResponseFeature();
        var context = await Invoke(page, method, operation, route, query, body, response, stream, headers =>
        {
            if (ifMatch is not null)
            {
                headers.IfMatch = ifMatch;
            }

            if (idempotencyKey is not null)
            {
                headers["Idempotency-Key"] = idempotencyKey;
            }
        });
        await stream.CompleteAsync();
        answer.Position = 0;
        return context.Response.StatusCode < StatusCodes.Status400BadRequest
            ? new ApiAnswer<T>(await JsonSerializer.DeserializeAsync<T>(answer, Json, page.RequestAborted), null, context.Response.Headers.ETag)
            : new ApiAnswer<T>(null, await JsonSerializer.DeserializeAsync<Problem>(answer, Json, page.RequestAborted), null);
    }

    /// <summary>Answers the page's request with what an operation answers.</summary>
    /// <param name="page">The page's request.</param>
    /// <param name="operation">The operation's id in the OpenAPI document.</param>
    /// <param name="route">The values in its path.</param>
    /// <param name="query">The query.</param>
    /// <param name="accept">The content type that is asked for.</param>
    public Task Forward(HttpContext page, string operation, object? route, QueryString query, string accept) => Invoke(
        page,
        page.Request.Method,
        operation,
        route,
        query,
        null,
        page.Features.GetRequiredFeature<IHttpResponseFeature>(),
        page.Features.GetRequiredFeature<IHttpResponseBodyFeature>(),
        headers => headers.Accept = accept);

    private async Task<HttpContext> Invoke(
        HttpContext page,
        string method,
        string operation,
        object? route,
        QueryString query,
        JsonObject? body,
        IHttpResponseFeature response,
        IHttpResponseBodyFeature answer,
        Action<IHeaderDictionary> addHeaders)
    {
        var endpoint = _operations.Value[operation];
        var path = links.GetPathByName(operation, route) ?? throw new ArgumentException($"{operation} has no such path.", nameof(route));
        var content = body is null ? [] : Encoding.UTF8.GetBytes(body.ToJsonString());
        var request = new HttpRequestFeature
        {
            Protocol = page.Request.Protocol,
            Scheme = page.Request.Scheme,
            Method = method,
            Path = Uri.UnescapeDataString(path),
            RawTarget = path + query.Value,
            QueryString = query.Value ?? "",
            Body = new MemoryStream(content, writable: false),
        };
        request.Headers.Host = page.Request.Headers.Host;
        // Where trusted proxies say that the page's request comes from.
        request.Headers["X-Forwarded-For"] = page.Request.Headers["X-Forwarded-For"];
        addHeaders(request.Headers);
        if (body is not null)
        {
            request.Headers.ContentType = MediaTypeNames.Application.Json;
            request.Headers.ContentLength = content.Length;
        }

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(body is not null));
        features.Set(response);
        features.Set(answer);
        features.Set(page.Features.Get<IHttpConnectionFeature>());
        var context = new DefaultHttpContext(features)
        {
            RequestServices = page.RequestServices,
            RequestAborted = page.RequestAborted,
            User = page.User,
            Items = page.Items,
        };
        context.SetEndpoint(endpoint);
        context.Request.RouteValues = new RouteValueDictionary(route);
        if (RouteRequirement.Refusal(endpoint, RequestCaller.Of(page)!.Role) is { } refusal)
        {
            await ProblemWriter.Write(context, refusal);
        }
        else
        {
            await endpoint.RequestDelegate!(context);
        }

        return context;
    }

    private sealed record BodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;
}
