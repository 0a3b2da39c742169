using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace OrleansRegistry.FuzzTests;

/// <summary>What the OpenAPI document says of the routes, and whether answers are as it says.</summary>
internal sealed class ApiDocument
{
    private const string Json = "application/json";
    private const string ProblemJson = "application/problem+json";
    private const string Anything = "*/*";

    private static readonly FrozenSet<string> Methods = FrozenSet.Create("get", "post", "put", "patch", "delete");

    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };

    /// <summary>The library's schemas and caches can't be used by two threads at once.</summary>
    private static readonly Lock Turn = new();

    private readonly JsonNode _schemas;
    private readonly JsonNode _responses;
    private readonly ConcurrentDictionary<string, JsonSchema> _parsed = [];

    private ApiDocument(JsonNode document)
    {
        _schemas = document["components"]!["schemas"]!;
        _responses = document["components"]!["responses"]!;
        Routes =
        [
            .. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()
                .Where(operation => Methods.Contains(operation.Key))
                .Select(operation => ToRoute(path.Key, operation.Key.ToUpperInvariant(), operation.Value!))),
        ];
    }

    /// <summary>The routes.</summary>
    public IReadOnlyList<ApiRoute> Routes { get; }

    /// <summary>Reads the document of a server.</summary>
    public static async Task<ApiDocument> Read(HttpClient client) => new(JsonNode.Parse(await client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)))!);

    /// <summary>What is wrong with an answer of a route, or null.</summary>
    /// <param name="route">The route; null for a method that it doesn't have, of which the document says nothing.</param>
    /// <param name="answer">The answer.</param>
    public string? Problem(ApiRoute? route, FuzzedAnswer answer)
    {
        var (status, contentType, body) = answer;
        // A value with dots or slashes may make a path that is no route, or another one.
        if (route is null || answer.Code is "not_found" or "method_not_allowed")
        {
            return null;
        }

        if (!route.Responses.TryGetValue(status, out var response))
        {
            return $"{status} is not in the document";
        }

        if (body.Length == 0)
        {
            return response.Count == 0 ? null : "the answer is empty";
        }

        if (response.ContainsKey(Anything))
        {
            return null;
        }

        if (contentType is null || !response.TryGetValue(contentType, out var schema))
        {
            return $"{contentType} is not in the document";
        }

        if (contentType is not (Json or ProblemJson))
        {
            return null;
        }

        JsonDocument parsed;
        try
        {
            parsed = JsonDocument.Parse(body);
        }
        catch (JsonException e)
        {
            return $"the answer is not JSON: {e.Message}";
        }

        using (parsed)
        {
            EvaluationResults results;
            lock (Turn)
            {
                results = _parsed.GetOrAdd(schema, Parse).Evaluate(parsed.RootElement, Options);
            }

            return results.IsValid ? null
                : string.Join("; ", results.Details!.Where(detail => detail.Errors is not null).SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}")));
        }
    }

    private JsonSchema Parse(string schema)
    {
        var whole = JsonNode.Parse(schema)!.AsObject();
        whole["$defs"] = _schemas.DeepClone();
        return JsonSchema.FromText(whole.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
    }

    private ApiRoute ToRoute(string path, string method, JsonNode operation) => new(
        path,
        method,
        [.. Parameters(operation).Where(parameter => (string)parameter["in"]! == "query").Select(parameter => (string)parameter["name"]!)],
        [.. Parameters(operation).Where(parameter => (string)parameter["in"]! == "header").Select(parameter => (string)parameter["name"]!)],
        Fields(operation["requestBody"]?["content"]?[Json]?["schema"]),
        operation["responses"]!.AsObject().ToFrozenDictionary(
            response => int.Parse(response.Key, null),
            response => (Resolve(response.Value!)["content"]?.AsObject() ?? [])
                .ToFrozenDictionary(content => content.Key, content => content.Value!["schema"]?.ToJsonString() ?? "{}")));

    /// <summary>An answer, or the component that it refers to.</summary>
    private JsonNode Resolve(JsonNode response) =>
        (string?)response["$ref"] is { } reference ? _responses[reference["#/components/responses/".Length..]]! : response;

    private static IEnumerable<JsonNode> Parameters(JsonNode operation) => (operation["parameters"]?.AsArray() ?? []).Select(parameter => parameter!);

    private IReadOnlyList<string> Fields(JsonNode? schema) =>
        (string?)schema?["$ref"] is { } reference ? [.. _schemas[reference.Split('/')[^1]]!["properties"]!.AsObject().Select(property => property.Key)] : [];
}

/// <summary>A route of the document.</summary>
/// <param name="Path">Its path, with names of its parameters in braces.</param>
/// <param name="Method">Its method.</param>
/// <param name="Parameters">The query parameters that it reads.</param>
/// <param name="Headers">The headers that it reads.</param>
/// <param name="Fields">The fields of its body; empty when it takes none.</param>
/// <param name="Responses">By status, the schemas of its answers by content type, as JSON text.</param>
internal sealed record ApiRoute(
    string Path,
    string Method,
    IReadOnlyList<string> Parameters,
    IReadOnlyList<string> Headers,
    IReadOnlyList<string> Fields,
    FrozenDictionary<int, FrozenDictionary<string, string>> Responses);
