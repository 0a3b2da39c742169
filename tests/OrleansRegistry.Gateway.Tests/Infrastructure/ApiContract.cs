using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>
/// What <c>docs/openapi.json</c> says of answers: which statuses and codes an operation has, and the schema of each answer. Here an answer has no
/// member that the document doesn't have, though clients are to pass over those.
/// </summary>
internal sealed partial class ApiContract
{
    /// <summary>Codes that any path may answer, also one that is no operation.</summary>
    private static readonly string[] Everywhere = [ErrorCode.NotFound, ErrorCode.MethodNotAllowed, ErrorCode.LoopDetected];

    private static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };

    /// <summary>The library's schemas and caches can't be used by two threads at once.</summary>
    private static readonly Lock Turn = new();

    private readonly JsonNode _document;
    private readonly List<(string Method, Regex Path, JsonNode Operation)> _operations;
    private readonly ConcurrentDictionary<string, JsonSchema> _schemas = new();

    private ApiContract(JsonNode document)
    {
        _document = document;
        _operations =
        [
            .. document["paths"]!.AsObject()
                // What is named goes before what any name matches.
                .OrderBy(path => path.Key.Count(character => character == '{'))
                .SelectMany(path => path.Value!.AsObject(), (path, operation) => (operation.Key.ToUpperInvariant(), PathOf(path.Key), operation.Value!)),
        ];
        foreach (var schema in document["components"]!["schemas"]!.AsObject())
        {
            Close(schema.Value!);
        }
    }

    /// <summary>The document that is checked in.</summary>
    public static ApiContract Document { get; } = new(JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryRoot.Directory, "docs", "openapi.json")))!);

    /// <summary>What is wrong with an answer, or null.</summary>
    /// <param name="method">The method of the request.</param>
    /// <param name="path">Its path, as it was sent.</param>
    /// <param name="status">The status.</param>
    /// <param name="code">The problem's code as the header has it, or null when it is none of the registry's.</param>
    /// <param name="text">The body, JSON.</param>
    public string? Problem(string method, string path, int status, string? code, string text)
    {
        var operation = _operations.FirstOrDefault(known => known.Method == method && known.Path.IsMatch(path)).Operation;
        var response = operation?["responses"]?[status.ToString(CultureInfo.InvariantCulture)];
        if (code is not null)
        {
            var codes = response?["$ref"] is { } reference ? (string)Resolve((string)reference!)["description"]! : "";
            return operation is not null && !Everywhere.Contains(code) && !codes.Split(", ").Contains($"`{code}`")
                ? $"the operation has no {status} {code}"
                : Mismatch("#/components/schemas/Problem", text);
        }

        if (operation is null || operation["responses"]!["200"]!["content"]?["*/*"] is not null)
        {
            // Health, or the answer of a model's server.
            return null;
        }

        return response?["content"]?["application/json"]?["schema"]?["$ref"] is { } schema
            ? Mismatch((string)schema!, text)
            : $"the operation has no {status} in JSON";
    }

    private string? Mismatch(string schema, string text)
    {
        using var instance = JsonDocument.Parse(text);
        EvaluationResults result;
        lock (Turn)
        {
            result = _schemas.GetOrAdd(schema, Compile).Evaluate(instance.RootElement, Options);
        }

        return result.IsValid ? null : string.Join("; ", result.Details
            .Where(detail => detail.HasErrors)
            .SelectMany(detail => detail.Errors!.Values, (detail, error) => $"{detail.InstanceLocation}: {error}")
            .Distinct());
    }

    private JsonSchema Compile(string reference)
    {
        var text = new JsonObject { ["$ref"] = reference, ["components"] = new JsonObject { ["schemas"] = _document["components"]!["schemas"]!.DeepClone() } };
        return JsonSchema.FromText(text.ToJsonString());
    }

    private JsonNode Resolve(string reference) => reference.Split('/').Skip(1).Aggregate(_document, (node, name) => node[name]!);

    /// <summary>Lets an object have no other members than those that are named.</summary>
    private static void Close(JsonNode schema)
    {
        if (schema is JsonObject { } closed && closed["properties"] is JsonObject members)
        {
            closed["additionalProperties"] = false;
            foreach (var member in members)
            {
                Close(member.Value!);
            }
        }
    }

    private static Regex PathOf(string template) => new("^" + Parameter().Replace(Regex.Escape(template).Replace("}", "\\}", StringComparison.Ordinal), "[^/]+") + "$");

    [GeneratedRegex(@"\\\{\w+\\\}")]
    private static partial Regex Parameter();
}

/// <summary>Fails a test whose request is answered otherwise than the OpenAPI document says.</summary>
internal sealed class ContractHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var content = response.Content.Headers;
        var code = response.Headers.TryGetValues(ProblemWriter.Header, out var codes) ? codes.Single() : null;
        if (request.Method == HttpMethod.Head || content.ContentEncoding.Count > 0 || content.ContentType?.MediaType is not ("application/json" or "application/problem+json")
            || (code is null && response.Headers.Contains("Model-Version")))
        {
            return response;
        }

        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var path = request.RequestUri!.AbsolutePath;
        var problem = ApiContract.Document.Problem(request.Method.Method, path, (int)response.StatusCode, code, text);
        Assert.True(problem is null, $"{request.Method} {path} was answered {(int)response.StatusCode}, otherwise than docs/openapi.json says: {problem} in {text}");
        return response;
    }
}
