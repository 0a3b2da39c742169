using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>Which version a call reaches, and what the model's server and the caller see of each other.</summary>
[Collection(OnSqlite.Name)]
public sealed class PredictTests(SqliteServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Theory]
    [InlineData("", null, "1.1.0", "primary")]
    [InlineData("?version=1.0.0", null, "1.0.0", "exact")]
    [InlineData("", "1.0.0", "1.0.0", "exact")]
    [InlineData("?version=%5E1.0", null, "1.1.0", "range")]
    [InlineData("", ">=1.0 <1.1", "1.0.0", "range")]
    [InlineData("?version=2.0.0-rc.1", null, "2.0.0-rc.1", "exact")]
    [InlineData("", ">=2.0.0-rc.0", "2.0.0-rc.1", "range")]
    public async Task A_call_reaches_the_version_that_it_selects(string query, string? header, string number, string how)
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync(http.Request.Path));
        var name = RegistryDriver.NewName();
        var ids = new Dictionary<string, string>();
        foreach (var version in (string[])["1.0.0", "1.1.0", "2.0.0-rc.1"])
        {
            var promote = version == "2.0.0-rc.1" ? ",\"promote\":false" : "";
            ids[version] = (await _registry.DeployPrimary(name, $"\"version\":\"{version}\"{promote},{backend.Serving("/" + version)}"))["id"]!;
        }

        (string, string)[] headers = header is null ? [] : [("Model-Version", header)];
        var answer = (await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict{query}", "{}", headers)).Is(200);

        Assert.Equal("/" + number, answer.Text);
        Assert.Equal(
            (ids[number][..10], number, ids[number], how),
            (answer.Header("Model-Id"), answer.Header("Model-Version"), answer.Header("Model-Version-Id"), answer.Header("Model-Resolved-By")));
    }

    [Fact]
    public async Task A_version_is_called_by_its_id_and_a_model_by_its_id_too()
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync(http.Request.QueryString.Value!));
        var id = (await _registry.Deploy(RegistryDriver.NewName(), backend.Serving()))["id"]!;

        var answer = (await _registry.Post($"/v1/model_versions/{id}/predict?version=its+own", "{}")).Is(200);

        Assert.Equal("?version=its+own", answer.Text);
        Assert.Equal(("id", id), (answer.Header("Model-Resolved-By"), answer.Header("Model-Version-Id")));
        (await _registry.Post($"/v1/models/{id[..10]}/predict?version=0.1.0", "{}")).Is(200);
    }

    [Fact]
    public async Task Method_path_query_headers_and_body_arrive_as_they_were_sent()
    {
        await using var backend = await Backend.Start(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            await http.Response.WriteAsync(
                $"{http.Request.Method} {http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget} {http.Request.Host} {http.Request.ContentType} {http.Request.Headers["X-Own"]} {await reader.ReadToEndAsync()}");
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving("/base?key=1"));
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(server.Address + $"v1/models/{RegistryDriver.InPath(name)}/predict/a%2Fb/c%20d?x=%2F&version=*&y", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = new StringContent("äß", Encoding.UTF8, "application/x-my-tensor"),
        };
        request.Headers.Add("X-Own", "kept");

        using var answer = await server.Client.SendAsync(request);

        Assert.Equal(
            $"POST /base/a%2Fb/c%20d?key=1&x=%2F&y {new Uri(backend.Url).Authority} application/x-my-tensor; charset=utf-8 kept äß",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Q10_credentials_forged_origins_and_headers_of_the_connection_are_not_passed_on()
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync(string.Join('\n', http.Request.Headers.Select(header => $"{header.Key}: {header.Value}"))));
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());
        string[] dropped =
        [
            "Authorization", "Proxy-Authorization", "Cookie", "X-Forwarded-For", "X-Forwarded-Host", "x-forwarded-anything", "Forwarded", "X-Real-IP",
            "X-HTTP-Method-Override", "X-Original-URL", "Model-Version", "Keep-Alive", "TE", "X-Only-Here", "Proxy-Connection",
        ];
        (string, string)[] headers = [.. dropped.Skip(1).Select(name => (name, name == "Model-Version" ? "*" : "1")), ("Connection", "X-Only-Here"), ("X-Kept", "2")];

        var seen = (await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}", headers)).Is(200).Text;

        var names = seen.Split('\n').Select(line => line.Split(':')[0]).ToList();
        Assert.Empty(names.Intersect(dropped, StringComparer.OrdinalIgnoreCase));
        Assert.Contains("X-Kept", names);
    }

    [Fact]
    public async Task A_trace_goes_on_to_the_models_server()
    {
        await using var backend = await Backend.Start(http => http.Response.WriteAsync(http.Request.Headers.TraceParent.ToString()));
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());

        var seen = (await _registry.Post(
            $"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))).Text;

        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "text/plain", "good")]
    [InlineData(404, "application/problem+json", "{\"code\":\"its_own\"}")]
    [InlineData(404, null, "")]
    [InlineData(405, null, "")]
    [InlineData(418, "text/plain", "")]
    [InlineData(500, null, "")]
    [InlineData(503, "text/html", "<h1>busy</h1>")]
    [InlineData(204, null, "")]
    public async Task The_models_own_answers_pass_untouched(int status, string? contentType, string body)
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.StatusCode = status;
            http.Response.ContentType = contentType;
            return http.Response.WriteAsync(body);
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());

        var answer = await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}");

        Assert.Equal((status, contentType, body), (answer.Status, answer.ContentType, answer.Text));
        Assert.Equal("0.1.0", answer.Header("Model-Version"));
    }

    [Fact]
    public async Task A_redirect_is_the_models_answer_and_is_not_followed()
    {
        await using var backend = await Backend.Start(http =>
        {
            http.Response.Redirect("http://169.254.169.254/");
            return Task.CompletedTask;
        });
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, backend.Serving());

        using var answer = await server.Client.PostAsync($"/v1/models/{RegistryDriver.InPath(name)}/predict", null);

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("http://169.254.169.254/", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task A_model_can_not_speak_for_the_registrys_own_address_nor_name_another_version()
    {
        string[] dropped = ["Set-Cookie", "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data"];
        await using var backend = await Backend.Start(http =>
        {
            foreach (var header in dropped)
            {
                http.Response.Headers[header] = "1";
            }

            http.Response.Headers["Model-Version"] = "9.9.9";
            http.Response.Headers["Model-Id"] = "forged";
            http.Response.Headers["X-Content-Type-Options"] = "sniff";
            http.Response.Headers["X-Own"] = "kept";
            return http.Response.WriteAsync("answer");
        });
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name, backend.Serving()))["id"]!;

        var answer = await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}");

        Assert.All(dropped, header => Assert.Null(answer.Header(header)));
        Assert.Equal(("0.1.0", id[..10], "nosniff", "kept"), (answer.Header("Model-Version"), answer.Header("Model-Id"), answer.Header("X-Content-Type-Options"), answer.Header("X-Own")));
    }

    [Fact]
    public async Task A_selector_that_leads_nowhere_is_a_problem_and_reaches_nobody()
    {
        var calls = 0;
        await using var backend = await Backend.Start(_ =>
        {
            Interlocked.Increment(ref calls);
            return Task.CompletedTask;
        });
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/predict";
        (await _registry.Post(path, "{}")).IsProblem(404, ErrorCode.ModelNotFound);
        var draft = (await _registry.Deploy(name, backend.Serving()))["id"]!;

        (await _registry.Post(path, "{}")).IsProblem(409, ErrorCode.NoPrimary);
        (await _registry.Post(path + "?version=%5E1", "{}")).IsProblem(404, ErrorCode.NoMatchingVersion);
        (await _registry.Post(path + "?version=7.0.0", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Post(path + "?version=", "{}")).IsProblem(400, ErrorCode.InvalidSelector);
        (await _registry.Post(path + "?version=1&version=2", "{}")).IsInvalid("version");
        (await _registry.Post(path + "?version=1.0.0", "{}", ("Model-Version", "1.0.0"))).IsInvalid("version");
        (await _registry.Post($"/v1/model_versions/{draft}/predict", "{}", ("Model-Version", "1.0.0"))).IsInvalid("id");
        (await _registry.Post(path + "/%2e%2e%2fx", "{}")).IsInvalid("path");
        (await _registry.Post("/v1/model_versions/nonsense/predict", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Post("/v1/model_versions/0000000000-1/predict", "{}")).IsProblem(404, ErrorCode.VersionNotFound);
        (await _registry.Send("PUT", path, "{}", "application/json")).IsProblem(405, ErrorCode.MethodNotAllowed);
        await _registry.Do("deactivate", draft);
        (await _registry.Post(path + "?version=0.1.0", "{}")).IsProblem(409, ErrorCode.VersionInactive);
        (await _registry.Post($"/v1/model_versions/{draft}/predict", "{}")).IsProblem(409, ErrorCode.VersionInactive);
        await _registry.Delete($"/v1/model_versions/{draft}");
        (await _registry.Post($"/v1/model_versions/{draft}/predict", "{}")).IsProblem(410, ErrorCode.VersionDeleted);
        (await _registry.Post($"/v1/models/{draft[..10]}/predict", "{}")).IsProblem(410, ErrorCode.ModelDeleted);
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task A_version_without_a_server_can_not_be_called()
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name);

        (await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}")).IsProblem(409, ErrorCode.NotServable);
    }

    [Fact]
    public async Task L3_a_version_that_is_starting_asks_to_come_again_and_one_that_failed_says_why()
    {
        await using var slow = await ModelServer.Start();
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/predict";
        await _registry.Deploy(name, $"\"serving\":{slow.Serving()}");

        var starting = (await _registry.Post(path + "?version=0.1.0", "{}")).IsProblem(503, ErrorCode.VersionStarting);
        Assert.Equal("1", starting.Header("Retry-After"));

        var failed = (await _registry.Deploy(name, $"\"serving\":{slow.Serving(timeoutSeconds: 1)}"))["id"]!;
        (await _registry.Get($"/v1/model_versions/{failed}?wait=ready")).Is(200);
        var problem = (await _registry.Post($"/v1/model_versions/{failed}/predict", "{}")).IsProblem(503, ErrorCode.ServingFailed);
        Assert.Contains("answered 503", problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_comes_back_to_the_gateway_ends_there()
    {
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name, $$"""
            "serving":{"url":"{{server.Address}}v1/models/{{RegistryDriver.InPath(name)}}/predict"}
            """);

        var answer = (await _registry.Post($"/v1/models/{RegistryDriver.InPath(name)}/predict", "{}")).Is(508);
        // It comes from the server that the call was forwarded to.
        Assert.Equal((ErrorCode.LoopDetected, null), (answer["code"], answer.Header("Registry-Problem")));
    }
}
