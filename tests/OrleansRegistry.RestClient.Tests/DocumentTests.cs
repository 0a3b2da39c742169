using System.Text.Json;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>Rules C3, C4, C8: errors, lists, and what a newer registry says.</summary>
public sealed class DocumentTests(Node node)
{
    private const string Newer = """{"id":"a-1","model_id":"a","state":"archived","lineage":{"of":["x"]},"serving":{"status":"dreaming","gpu":2}}""";

    public static TheoryData<string> Codes =>
        [.. typeof(ErrorCode).GetFields().Select(code => (string)code.GetRawConstantValue()!)];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Client_C3_each_code_has_a_class_of_its_own(string code)
    {
        await using var registry = await PlayedServer.Start(
            $$$"""{"status":409,"code":"{{{code}}}","detail":"No.","trace_id":"t1","errors":{"name":["is long"]}}""", 409);
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));

        var error = await Assert.ThrowsAnyAsync<RegistryException>(() => client.GetRates());

        Assert.Equal(
            code.Replace("_", "", StringComparison.Ordinal) + "exception",
            error.GetType().Name,
            ignoreCase: true);
        Assert.Equal((409, code, "No.", "t1"), (error.Status, error.Code, error.Detail, error.RequestId));
        Assert.Equal(["is long"], error.Errors["name"]);
        Assert.Equal($"No. ({code}, request t1)", error.Message);
    }

    [Fact]
    public async Task Client_C3_an_unknown_code_is_a_registry_exception_and_a_proxy_s_answer_says_so()
    {
        await using var registry = await PlayedServer.Start("""{"status":418,"code":"teapot","detail":"Short and stout."}""", 418);
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));
        Assert.Equal("teapot", (await Assert.ThrowsAsync<RegistryException>(() => client.GetRates())).Code);

        await using var proxy = await PlayedServer.Start(async (context, _) =>
        {
            context.Response.StatusCode = 500;
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(
                context.Response,
                "<h1>\u001b[31mOh no</h1>");
        });
        using var other = Node.ClientOf(Node.OptionsFor(proxy.Url));
        var error = await Assert.ThrowsAsync<RegistryException>(() => other.GetRates());
        Assert.Equal(
            ("status_500", "Status 500 without a problem. Is there a proxy between? <h1> [31mOh no</h1>"),
            (error.Code, error.Detail));
    }

    [Fact]
    public async Task Client_C3_the_model_s_own_error_is_no_refusal()
    {
        await using var model = await PlayedServer.Start("""{"status":503,"code":"unavailable"}""", 503);
        var version = await node.Registry.Deploy(
            new Deployment { ModelName = node.NewName(), Serving = new ServingSpec { Url = model.Url.AbsoluteUri }, Publish = true });

        var error = await Assert.ThrowsAsync<ModelErrorException>(
            () => node.Registry.Predict(version.ModelName, CallContent.Json("{}")));

        Assert.Equal(
            (503, version.Version, version.Id, false),
            (error.Status, error.Number, error.VersionId, error.IsRetryable));
        Assert.Equal("""{"status":503,"code":"unavailable"}"""u8, error.Body.Span);
        Assert.Single(model.Received);
    }

    [Fact]
    public async Task Client_C4_a_list_asks_for_the_next_page_when_it_needs_it()
    {
        await using var registry = await PlayedServer.Start((context, _) => PlayedServer.Json(
            context,
            context.Request.Query.ContainsKey("page_token")
                ? """{"items":[{"name":"c"}],"next_page_token":null}"""
                : """{"items":[{"name":"a"},{"name":"b"}],"next_page_token":"2&3"}"""));
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));

        await using var models = client.ListModels(new ListModelsParameters { Label = ["team:a b", "x:y"] }).GetAsyncEnumerator();
        await models.MoveNextAsync();
        await models.MoveNextAsync();
        Assert.Equal(
            ["/v1/models?label=team%3Aa%20b&label=x%3Ay&page_size=200"],
            registry.Received.Select(request => request.Target));

        Assert.True(await models.MoveNextAsync());
        Assert.Equal("c", models.Current.Name);
        Assert.False(await models.MoveNextAsync());
        Assert.EndsWith("&page_token=2%263", registry.Received.Last().Target, StringComparison.Ordinal);
        Assert.Equal(2, registry.Received.Count);
    }

    [Fact]
    public async Task Client_C4_an_answer_in_pages_has_the_items_of_all_of_them()
    {
        await using var registry = await PlayedServer.Start((context, _) => PlayedServer.Json(
            context,
            context.Request.Query.ContainsKey("page_token")
                ? """{"month":"2026-03","lines":[{"version":"2"}],"next_page_token":null,"total_amount":"3"}"""
                : """{"month":"2026-03","lines":[{"version":"1"}],"next_page_token":"t","total_amount":"3"}"""));
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));

        var statement = await client.GetStatement("2026-03");

        Assert.Equal(["1", "2"], statement.Lines.Select(line => line.Version));
        Assert.Equal(("3", null), (statement.TotalAmount, statement.NextPageToken));
    }

    [Fact]
    public async Task Client_C8_unknown_members_and_values_stay()
    {
        await using var registry = await PlayedServer.Start(Newer);
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));

        var version = await client.GetVersion("a-1");

        Assert.Equal(("archived", "dreaming"), (version.State, version.Serving!.Status));
        Assert.Equal("x", version.Raw.GetProperty("lineage").GetProperty("of")[0].GetString());
        Assert.Equal(Newer, version.Raw.GetRawText());
        // What an older registry doesn't say is no error until somebody asks for it.
        Assert.Null(version.ExternalId);
        Assert.Contains(
            "ModelVersion has no version",
            Assert.Throws<InvalidAnswerException>(() => version.Version).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_C8_a_member_that_this_client_does_not_know_can_be_set()
    {
        await using var registry = await PlayedServer.Start("{}");
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));
        var body = new PatchModelRequest
        {
            Description = null,
            Labels = new Dictionary<string, string?> { ["a"] = null, ["b"] = "c" },
        };
        body.SetMember("tier", 3);

        await client.PatchModel("m", body);

        Assert.Equal(("PATCH", """{"description":null,"labels":{"a":null,"b":"c"},"tier":3}"""), (registry.Received.Single().Method, registry.Received.Single().Body));
    }

    [Theory]
    [InlineData("[1]", "no JSON object")]
    [InlineData("<html>", "no JSON")]
    [InlineData("", "no JSON")]
    public async Task Client_C8_what_is_no_answer_of_a_registry_says_so(string body, string expected)
    {
        await using var server = await PlayedServer.Start(body);
        using var client = Node.ClientOf(Node.OptionsFor(server.Url));

        Assert.Contains(
            expected,
            (await Assert.ThrowsAsync<InvalidAnswerException>(() => client.GetRates())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Client_C8_a_member_of_another_kind_is_an_invalid_answer() =>
        Assert.Throws<InvalidAnswerException>(() => new Model(JsonDocument.Parse("""{"name":7}""").RootElement).Name);
}
