using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Http;

/// <summary>The check of all answers against the OpenAPI document sees what is wrong with one.</summary>
public sealed class ApiContractTests
{
    private const string Problem = """{"type":"/problems/forbidden","title":"t","status":403,"detail":"d","code":"forbidden","trace_id":"x"}""";

    private const string Happened =
        """{"id":"1","type":"version.ready","at":"2026-01-01T00:00:00.000Z","workspace":"w","model_id":"m","model_name":"n","version_id":"v","version":"1.0.0","actor":"a","actor_name":null,"comment":null,"data":{}}""";

    [Theory]
    [InlineData("GET", "/v1/server", 200, null, """{"version":"1.0.0","api":"v1","features":["x"],"off":{},"limits":{"max_body_bytes":1,"max_call_body_bytes":2,"max_page_size":3,"part_size":4}}""")]
    [InlineData("GET", "/v1/models/a%2Fb", 403, "forbidden", Problem)]
    [InlineData("POST", "/v1/nothing", 403, "forbidden", Problem)]
    [InlineData("POST", "/v1/models/m/predict", 418, null, """{"what":"the model says"}""")]
    [InlineData("GET", "/health/live", 200, null, """{"status":"healthy"}""")]
    public void What_the_document_says_passes(string method, string path, int status, string? code, string text) =>
        Assert.Null(ApiContract.Document.Problem(method, path, status, code, text));

    [Theory]
    [InlineData("a member is missing", "GET", "/v1/server", 200, null, """{"version":"1.0.0","api":"v1","features":[]}""")]
    [InlineData("a member is not in the document", "GET", "/v1/workspaces", 200, null, """{"items":[],"next_page_token":null,"more":1}""")]
    [InlineData("a type is another one", "GET", "/v1/workspaces", 200, null, """{"items":{},"next_page_token":null}""")]
    [InlineData("a status is none of the operation", "GET", "/v1/workspaces", 201, null, """{"items":[],"next_page_token":null}""")]
    [InlineData("a code is none of the operation", "GET", "/v1/workspaces", 409, "is_primary", Problem)]
    [InlineData("a code is none of the list", "GET", "/v1/workspaces", 403, "forbidden", """{"type":"t","title":"t","status":403,"detail":"d","code":"made_up","trace_id":"x"}""")]
    public void What_the_document_does_not_say_is_seen(string what, string method, string path, int status, string? code, string text)
    {
        Assert.NotEmpty(what);
        Assert.NotNull(ApiContract.Document.Problem(method, path, status, code, text));
    }

    [Theory]
    [InlineData("\"version.ready\"", "{}", true)]
    [InlineData("\"version.failed\"", """{"message":"no answer"}""", true)]
    [InlineData("\"primary.changed\"", """{"from":null,"to":"x","reason":"published"}""", true)]
    [InlineData("\"primary.changed\"", """{"from":null,"to":"x","reason":"made up"}""", false)]
    [InlineData("\"version.failed\"", """{"message":1}""", false)]
    [InlineData("\"api_key.revoked\"", """{"prefix":"x","more":1}""", false)]
    [InlineData("\"made.up\"", "{}", false)]
    public void The_data_of_an_event_are_those_of_its_type(string type, string data, bool isRight)
    {
        var happened = Happened.Replace("\"version.ready\"", type, StringComparison.Ordinal).Replace("{}", data, StringComparison.Ordinal);

        var problem = ApiContract.Document.Problem("GET", "/v1/events", 200, null, $$"""{"items":[{{happened}}],"next_page_token":null}""");

        Assert.True(isRight == (problem is null), problem);
    }
}
