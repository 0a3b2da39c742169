using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Http;

/// <summary>
/// The OpenAPI document is checked in as <c>docs/openapi.json</c>. To write it anew after a change, run these tests with
/// <c>REGISTRY_WRITE_OPENAPI=1</c>, and read the difference.
/// </summary>
[Collection(OnSqlite.Name)]
public sealed partial class OpenApiTests(SqliteServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task The_document_is_the_one_that_is_checked_in()
    {
        var path = Path.Combine(RepositoryRoot.Directory, "docs", "openapi.json");
        var document = (await _registry.Get("/openapi/v1.json")).Is(200).Text.ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("REGISTRY_WRITE_OPENAPI") == "1")
        {
            await File.WriteAllTextAsync(path, document, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), document);
    }

    [Fact]
    public async Task The_document_is_valid()
    {
        var (document, diagnostic) = OpenApiDocument.Parse((await _registry.Get("/openapi/v1.json")).Is(200).Text, OpenApiConstants.Json);

        Assert.Empty(diagnostic!.Errors.Concat(diagnostic.Warnings).Select(problem => problem.ToString()));
        Assert.Empty(document!.Validate(ValidationRuleSet.GetDefaultRuleSet()).Select(problem => problem.ToString()));
        Assert.Distinct(Operations(document!).Select(operation => operation.Operation.OperationId));
        foreach (var (path, _, operation) in Operations(document!))
        {
            // Both ways: each name of the path is declared, once, and nothing else is.
            var declared = (operation.Parameters ?? []).Where(parameter => parameter.In == ParameterLocation.Path).ToList();
            Assert.Equal(NameInPath().Matches(path).Select(match => match.Groups[1].Value), declared.Select(parameter => parameter.Name));
            Assert.All(declared, parameter => Assert.True(parameter.Required, path));
            Assert.Distinct((operation.Parameters ?? []).Select(parameter => (parameter.In, parameter.Name)));
            Assert.All(operation.Responses!.Values.OfType<OpenApiResponseReference>(), response => Assert.NotNull(response.Target));
            Assert.All((operation.Security ?? []).SelectMany(requirement => requirement.Keys), scheme => Assert.NotNull(scheme.Target));
        }

        Assert.Equal("/", Assert.Single(document!.Servers!).Url);
        var webhook = document!.Paths["/v1/webhooks/{id}"].Operations![HttpMethod.Get].Parameters!;
        Assert.Equal("The webhook's id.", Assert.Single(webhook).Description);
    }

    [Fact]
    public async Task The_examples_of_bodies_are_taken()
    {
        var (document, _) = OpenApiDocument.Parse((await _registry.Get("/openapi/v1.json")).Is(200).Text, OpenApiConstants.Json);
        var version = (await _registry.Deploy(RegistryDriver.NewName(), """ "serving":{"url":"http://10.0.0.7:8000/predict"} """)).Body!;
        var webhook = await _registry.Post("/v1/webhooks", """{"url": "https://hooks.example.com/"}""");
        (await new TestFile([]).Upload(_registry)).Is(200);
        Dictionary<string, string> ids = new()
        {
            ["/v1/models/{model}"] = $"/v1/models/{version["model_id"]}",
            ["/v1/model_versions/{id}"] = $"/v1/model_versions/{version["id"]}",
            ["/aliases/{alias}"] = "/aliases/staging",
            ["/v1/webhooks/{id}"] = $"/v1/webhooks/{webhook.Is(201)["webhook.id"]}",
        };
        var sent = 0;
        foreach (var (path, method, operation) in Operations(document!))
        {
            if (operation.RequestBody?.Content?.Values.FirstOrDefault()?.Example is { } example)
            {
                var target = ids.Aggregate(path, (route, id) => route.Replace(id.Key, id.Value, StringComparison.Ordinal));
                var reply = await _registry.Send(method.Method, target, example.ToJsonString(), "application/json");
                Assert.True(reply.Status is 200 or 201, $"{method} {path}: {reply.Text}");
                sent++;
            }
        }

        Assert.Equal(14, sent);
    }

    [Fact]
    public async Task Every_operation_is_described()
    {
        var document = JsonNode.Parse((await _registry.Get("/openapi/v1.json")).Text)!;
        Assert.StartsWith("3.1.", (string)document["openapi"]!, StringComparison.Ordinal);
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => operation.Value!)).ToList();

        Assert.Equal(ApiEndpoints.Count(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null), operations.Count);
        Assert.Distinct(operations.Select(operation => (string)operation["operationId"]!));
        var responses = document["components"]!["responses"]!.AsObject();
        HashSet<string> used = [];
        foreach (var operation in operations)
        {
            Assert.NotEmpty((string)operation["summary"]!);
            Assert.All(
                operation["parameters"]?.AsArray() ?? [],
                parameter => Assert.NotEmpty((string)parameter!["description"]!));
            foreach ((var status, var reference) in operation["responses"]!.AsObject().Where(answer => answer.Key[0] is '4' or '5'))
            {
                var name = ((string)reference!["$ref"]!)["#/components/responses/".Length..];
                var answer = responses[name];
                used.Add(name);
                Assert.Equal("#/components/schemas/Problem", (string)answer!["content"]!["application/problem+json"]!["schema"]!["$ref"]!);
                Assert.All(
                    ((string)answer["description"]!).Split(", "),
                    code => Assert.Equal(status, $"{ProblemKind.Of(code.Trim('`')).Status}"));
            }
        }

        // Each stands in the document once, and is referred to.
        Assert.Equal(used.Order(StringComparer.Ordinal), responses.Select(response => response.Key).Order(StringComparer.Ordinal));
        Assert.Distinct(responses.Select(response => (string)response.Value!["description"]!));
    }

    [Fact]
    public async Task Events_have_a_schema_for_the_data_of_each_type_and_both_media_types()
    {
        var document = JsonNode.Parse((await _registry.Get("/openapi/v1.json")).Text)!;

        var schemas = document["components"]!["schemas"]!;
        Assert.Equal(EventType.All.Order(StringComparer.Ordinal), EventSchemas.Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(EventType.All, schemas["Event"]!["oneOf"]!.AsArray().Select(choice => (string)choice!["properties"]!["type"]!["const"]!));
        foreach (var path in (string[])["/v1/events", "/v1/models/{model}/events", "/v1/model_versions/{id}/events"])
        {
            var content = document["paths"]![path]!["get"]!["responses"]!["200"]!["content"]!;
            Assert.Equal("#/components/schemas/EventPage", (string)content["application/json"]!["schema"]!["$ref"]!);
            Assert.Equal("string", (string)content["text/event-stream"]!["schema"]!["type"]!);
        }

        Assert.Equal("#/components/schemas/Event", (string)schemas["EventPage"]!["properties"]!["items"]!["items"]!["$ref"]!);
    }

    [Fact]
    public void Every_route_declares_what_it_reads() =>
        Assert.All(
            ApiEndpoints.Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal) && !IsForwarded(endpoint)),
            endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<RequestParameters>()));

    [Fact]
    public async Task The_page_that_shows_it_needs_no_other_server()
    {
        var page = (await _registry.Get("/scalar/")).Is(200).Text;

        Assert.DoesNotContain("http:", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https:", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"withDefaultFonts\":false", page, StringComparison.Ordinal);
        Assert.Contains("\"telemetry\":false", page, StringComparison.Ordinal);
        Assert.Contains("\"showDeveloperTools\":\"never\"", page, StringComparison.Ordinal);
        Assert.Contains("\"preferredSecurityScheme\":[\"api_key\"]", page, StringComparison.Ordinal);
        Assert.Contains("openapi/v1.json", page, StringComparison.Ordinal);
        (await _registry.Get("/scalar/scalar.js")).Is(200);
    }

    [Theory]
    [InlineData("/openapi/v1.json", "application/json")]
    [InlineData("/scalar/scalar.js", "text/javascript")]
    [InlineData("/scalar/scalar.aspnetcore.js", "text/javascript")]
    public async Task What_strangers_may_read_is_made_once_and_sent_compressed_or_not_at_all(string path, string type)
    {
        var plain = (await _registry.Get(path)).Is(200);
        Assert.Equal(type, plain.ContentType);
        Assert.Equal("no-cache", plain.Header("Cache-Control"));
        var compressed = (await Compressed(path, "br;q=1, gzip")).EnsureSuccessStatusCode();
        Assert.Equal("gzip", Assert.Single(compressed.Content.Headers.ContentEncoding));
        Assert.Equal("Accept-Encoding", compressed.Headers.Vary.Single());
        var bytes = await compressed.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(bytes.Length < plain.Text.Length / 2, $"{bytes.Length} bytes of {plain.Text.Length}");
        await using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        Assert.Equal(plain.Text, await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.NotEqual(plain.ETag, compressed.Headers.ETag!.ToString());

        Assert.Equal(plain.ETag, (await _registry.Get(path, ("If-None-Match", plain.ETag))).Is(304).ETag);
        Assert.Empty((await Compressed(path, "gzip;q=0")).Content.Headers.ContentEncoding);
        Assert.Equal(plain.Text, (await _registry.Get(path, ("If-None-Match", "\"x\""), ("Range", "bytes=0-1"))).Is(200).Text);
    }

    private async Task<HttpResponseMessage> Compressed(string path, string encodings)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", encodings);
        return await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static IEnumerable<(string Path, HttpMethod Method, OpenApiOperation Operation)> Operations(OpenApiDocument document) => document.Paths
        .SelectMany(path => path.Value.Operations!.Select(operation => (path.Key, operation.Key, operation.Value)));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex NameInPath();

    private List<RouteEndpoint> ApiEndpoints =>
    [
        .. server.Endpoints.OfType<RouteEndpoint>().Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal)
            || endpoint.RoutePattern.RawText!.StartsWith("/v2", StringComparison.Ordinal)
            || endpoint.RoutePattern.RawText!.StartsWith("/openai/", StringComparison.Ordinal)
            || endpoint.Metadata.GetMetadata<EndpointNameMetadata>()?.EndpointName is "predict_framed" or "predict_version_framed"),
    ];

    private static bool IsForwarded(RouteEndpoint endpoint) =>
        endpoint.RoutePattern.RawText!.Contains("/predict", StringComparison.Ordinal);
}
