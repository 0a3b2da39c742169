using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Gateway.Tests.Access;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Http;

/// <summary>What holds for every route of the golden list, on a node of its own with one model.</summary>
public sealed class EveryRouteTests(EveryRouteTests.Server server) : IClassFixture<EveryRouteTests.Server>
{
    private const string Placeholder = "$text";

    /// <summary>Where nothing is but what a version says that its server has.</summary>
    private const string Nowhere = "/openai/v1/{**path}";

    private static readonly string[] Texts = ["a\ufffeb", "a\uffffb", "\ufdd0", "\u0378", "\u202e", "e\u0301\u0323", "\ufeff", "\U0001F600", "\U0010ffff", " ", "x@y", "a:b:c"];

    private static readonly string[] OtherTypes = ["null", "5", "true", "{}", "[null]", "[5]", "[[]]", "[{}]", "\"\\u0000\"", "\"\\ud800\"", "[\"\\ud800\"]"];

    /// <summary>Bodies that are right but for one text.</summary>
    private static readonly (string Method, string Pattern, string Body)[] Bodies =
    [
        ("POST", "/v1/model_versions", """{"model_name":"$text"}"""),
        ("POST", "/v1/model_versions", """{"model_name":"x","serving":{"url":"http://$text.example/$text"},"publish":true,"base":"9"}"""),
        ("POST", "/v1/model_versions", """{"model_name":"x","version":"$text"}"""),
        ("POST", "/v1/model_versions", """{"model_name":"x","runtime":{"command":["$text"]},"base":"9"}"""),
        ("POST", "/v1/model_versions", """{"model_name":"x","runtime":{"environment":"$text","env":{"$text":"$text"}},"base":"9"}"""),
        ("POST", "/v1/model_versions/{id}/activate", """{"runtime":{"command":["a","$text"]}}"""),
        ("POST", "/v1/artifacts/missing", """{"files":[{"sha256":"$text","size":0}]}"""),
        ("POST", "/v1/artifacts", """{"format":"python","files":[{"path":"$text","sha256":"$text","size":0}]}"""),
        ("POST", "/v1/artifacts", """{"format":"python","files":[],"requires":{"python":"$text","packages":{"$text":"$text"}}}"""),
        ("POST", "/v1/models/{model}/rollback", """{"from":"$text"}"""),
        ("POST", "/v1/models/{model}/rollback", """{"comment":"$text"}"""),
        ("PUT", "/v1/models/{model}/aliases/{alias}", """{"version":"$text"}"""),
        ("PUT", "/v1/models/{model}/aliases/{alias}", """{"version":"@$text","from":"$text"}"""),
        ("POST", "/v1/models/{model}/aliases/{alias}/rollback", """{"from":"$text"}"""),
        ("POST", "/v1/model_versions", """{"model_name":"x","aliases":["$text"],"base":"9"}"""),
        ("PUT", "/v1/model_versions/{id}/servers", """{"servers":[{"url":"http://h.example"},{"url":"http://$text","health_url":"http://h.example/$text"}]}"""),
        ("POST", "/v1/model_versions", """{"model_name":"x","serving":{"servers":[{"url":"$text"}],"url":"$text"},"base":"9"}"""),
        ("POST", "/v1/model_versions/{id}/promote", """{"from":"$text"}"""),
        ("POST", "/v1/model_versions/{id}/publish", """{"promote":true,"from":"$text"}"""),
        ("POST", "/v1/model_versions/{id}/deactivate", """{"promote_to":"$text"}"""),
        ("POST", "/v1/api_keys", """{"name":"x","role":"invoker","models":["$text"]}"""),
        ("POST", "/v1/api_keys", """{"name":"x","role":"invoker","workspace":"$text"}"""),
        ("POST", "/v1/api_keys", """{"name":"x","role":"invoker","expires_at":"$text"}"""),
        ("POST", "/v1/workspaces", """{"name":"$text"}"""),
        ("POST", "/v1/webhooks", """{"url":"http://h.example","model":"no $text"}"""),
        ("POST", "/v1/webhooks", """{"url":"http://$text"}"""),
        ("PUT", "/v1/billing/rates", """{"rates":[{"stage":"draft","price_per_minute":"$text","effective_from":"2026-01-01"}]}"""),
        ("POST", "/v1/chat/completions", """{"model":"$text"}"""),
        ("POST", "/v1/completions", """{"model":"$text@1.0.0"}"""),
        ("POST", "/v1/embeddings", """{"model":"x@$text"}"""),
        ("POST", "/openai/v1/responses", """{"model":"x@$text"}"""),
        ("POST", "/openai/v1/{**path}", """{"model":"$text"}"""),
        ("POST", "/v1/model_versions", """{"model_name":"x","serving":{"url":"http://h.example","served_name":"$text","openai_paths":["$text"]},"base":"9"}"""),
    ];

    private readonly RegistryDriver _registry = server.Driver;

    public static TheoryData<string, string> Routes => [.. Known.Select(route => (route.Method, route.Pattern))];

    public static TheoryData<string, string> Reads => [.. Known.Where(route => route.Method == "GET" && route.Pattern != Nowhere).Select(route => (route.Method, route.Pattern))];

    private static IEnumerable<(string Method, string Pattern, string Needs)> Known => RouteTable.All.Where(route => route.Method is not ("CONNECT" or "*"));

    /// <summary>The routes that the gateway answers itself.</summary>
    private IEnumerable<(string Method, string Pattern)> Own =>
        Known.Select(route => (route.Method, route.Pattern)).Where(route => !Is<ForwardedCall>(route.Method, route.Pattern) && route.Pattern != Nowhere);

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task E3_a_text_of_a_caller_never_fails_a_path_or_a_parameter(string method, string pattern)
    {
        foreach (var text in Texts)
        {
            if (pattern.Contains('{', StringComparison.Ordinal))
            {
                IsNoFailure(await Send(method, RouteTable.Path(pattern, _ => text), Body(method)));
            }

            foreach (var parameter in Parameters(method, pattern))
            {
                var path = RouteTable.Path(pattern, name => RouteTable.Nothing(pattern, name));
                IsNoFailure(parameter.IsHeader
                    ? await Send(method, path, Body(method), (parameter.Name, string.Concat(text.Where(char.IsAscii))))
                    : await Send(method, $"{path}?{parameter.Name}={Uri.EscapeDataString(text)}", Body(method)));
            }
        }
    }

    [Fact]
    public async Task E3_a_text_of_a_caller_never_fails_a_body()
    {
        foreach (var (method, pattern, body) in Bodies)
        {
            var path = RouteTable.Path(pattern, parameter => parameter == "id" ? server.Version : server.Model);
            foreach (var text in Texts)
            {
                IsNoFailure(await Send(method, path, body.Replace(Placeholder, text, StringComparison.Ordinal)));
            }
        }
    }

    [Fact]
    public async Task E3_a_value_of_another_type_is_named_in_every_field_of_every_body()
    {
        var bodies = Own
            .Select(route => (route.Method, route.Pattern, Type: Metadata<RequestBodyMetadata>(route.Method, route.Pattern)?.Type))
            .Where(route => route.Type is not null && route.Type != typeof(Stream))
            .ToList();
        Assert.True(bodies.Count > 12);
        List<string> lists = [];
        foreach (var (method, pattern, type) in bodies)
        {
            var path = RouteTable.Path(pattern, parameter => parameter == "id" ? server.Version : RouteTable.Nothing(pattern, parameter));
            foreach (var (field, body) in Fields(type!))
            {
                if (field.EndsWith(']'))
                {
                    lists.Add(field);
                }

                foreach (var value in OtherTypes)
                {
                    var reply = await Send(method, path, body.Replace(Placeholder, value, StringComparison.Ordinal));

                    reply.IsProblem(400, ErrorCode.ValidationFailed);
                    // A number or true is of the right type here and there; a list, and what is no text, nowhere.
                    if (value is "[[]]" or "\"\\ud800\"")
                    {
                        Assert.Contains(reply.Fields, named => named.StartsWith(field, StringComparison.Ordinal));
                    }
                }
            }
        }

        foreach (var field in (string[])["files[0]", "files[0].path", "runtime.command[0]", "models[0]", "types[0]", "rates[0].stage"])
        {
            Assert.Contains(lists, list => field.StartsWith(list, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("""{"format":"python","files":[null]}""", "files[0]")]
    [InlineData("""{"format":"python","files":[{"path":null,"sha256":"","size":0}]}""", "files[0].path", "files[0].sha256")]
    [InlineData(
        """{"format":"python","files":[{"path":"a","sha256":5,"size":1},{"path":"b","sha256":null,"size":2},{"path":"..","sha256":"","size":-1}]}""",
        "files[0].sha256", "files[1].sha256", "files[2].path", "files[2].sha256", "files[2].size")]
    [InlineData("""{"format":"python","files":[{"path":"model.py","sha256":5,"size":0}]}""", "files[0].sha256")]
    [InlineData("""{"format":"python","files":[{"path":"model.py"}]}""", "files[0].sha256", "files[0].size")]
    public async Task E3_what_can_not_be_read_of_a_file_is_named_beside_what_is_wrong(string body, params string[] fields) =>
        Assert.Equal(fields, (await Send("POST", "/v1/artifacts", body)).IsProblem(400, ErrorCode.ValidationFailed).Fields);

    [Theory]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"\\u0000\"")]
    [InlineData("\"\\ud800\"")]
    public async Task E3_a_word_of_a_command_that_is_no_text_is_named(string word)
    {
        var runtime = $$"""{"command":["python3",{{word}}]}""";
        var deployed = await Send("POST", "/v1/model_versions", $$"""{"model_name":"x","runtime":{{runtime}}}""");
        var tried = await Send("POST", "/v1/model_versions?dry_run=true", $$"""{"model_name":"x","runtime":{{runtime}}}""");
        var activated = await Send("POST", $"/v1/model_versions/{server.Version}/activate", $$"""{"runtime":{{runtime}}}""");

        Assert.All([deployed, tried, activated], reply => Assert.Equal(["runtime.command[1]"], reply.IsProblem(400, ErrorCode.ValidationFailed).Fields));
    }

    [Theory]
    [InlineData("%ff")]
    [InlineData("a%c3")]
    [InlineData("%ed%a0%80")]
    public async Task E3_a_query_that_is_no_text_is_refused_on_every_route(string value)
    {
        foreach (var (method, pattern) in Own)
        {
            var path = RouteTable.Path(pattern, name => RouteTable.Nothing(pattern, name));
            foreach (var name in Parameters(method, pattern).Where(parameter => !parameter.IsHeader).Select(parameter => parameter.Name))
            {
                Assert.Contains(name, (await Send(method, $"{path}?{name}={value}", Body(method))).IsProblem(400, ErrorCode.ValidationFailed).Fields);
            }
        }

        Assert.Contains("query", (await _registry.Get("/v1/models?%ff=1")).IsProblem(400, ErrorCode.ValidationFailed).Fields);
        (await _registry.Get("/v1/models?q=%C3%A9+100%25")).Is(200);
    }

    [Fact]
    public async Task E3_a_name_that_can_not_be_normalized_is_refused_and_leads_nowhere()
    {
        const string name = "a\ufffeb";

        (await _registry.TryDeploy(name)).IsInvalid("model_name");
        (await _registry.Get("/v1/models?name=" + RegistryDriver.InPath(name))).IsInvalid("name");
        (await _registry.Get("/v1/models?q=" + RegistryDriver.InPath(name))).IsInvalid("q");
        Assert.Contains(name, (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name))).IsProblem(404, ErrorCode.ModelNotFound)["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task HEAD_is_answered_like_GET_without_a_body(string method, string pattern)
    {
        var path = RouteTable.Path(pattern, parameter => parameter switch
        {
            "model" => server.Model,
            "id" when pattern.Contains("model_versions", StringComparison.Ordinal) => server.Version,
            "id" => server.Webhook,
            "number" => "0.1.0",
            "alias" => "staging",
            "digest" => server.Digest,
            "path" => "model.py",
            _ => RouteTable.Nothing(pattern, parameter),
        });
        var get = await _registry.Get(path);
        var head = await _registry.Send(HttpMethod.Head, path, null);

        Assert.Equal("", head.Text);
        if (Is<ForwardedCall>(method, pattern))
        {
            head.Is(405);
            return;
        }

        Assert.Equal((get.Is(200).Status, get.ContentType, get.Header("ETag"), get.Header("Vary")), (head.Status, head.ContentType, head.Header("ETag"), head.Header("Vary")));
        var isOpen = RouteTable.All.Any(route => route.Pattern == pattern && route.Needs == RouteTable.Anybody);
        (await server.DriverOf(null).Send(HttpMethod.Head, path, null)).Is(isOpen ? 200 : 401);
    }

    [Theory]
    [InlineData("/v1/events")]
    [InlineData("/v1/models/{model}/events")]
    [InlineData("/v1/model_versions/{id}/events")]
    public async Task HEAD_of_a_stream_is_its_head(string pattern)
    {
        var path = RouteTable.Path(pattern, parameter => parameter == "id" ? server.Version : server.Model);

        var head = (await _registry.Send(HttpMethod.Head, path, null, ("Accept", "text/event-stream"))).Is(200);

        Assert.Equal(("text/event-stream", ""), (head.ContentType, head.Text));
    }

    [Fact]
    public async Task A_body_that_is_encoded_is_415_wherever_it_is_read()
    {
        (string Method, string Pattern)[] reading =
        [
            .. Own.Where(route => Is<RequestBodyMetadata>(route.Method, route.Pattern)),
            .. Known.Where(route => route is ("POST", _, _) && (route.Pattern.StartsWith("/openai/", StringComparison.Ordinal) || route.Pattern is "/v1/chat/completions" or "/v1/completions" or "/v1/embeddings"))
                .Select(route => (route.Method, route.Pattern)),
        ];
        Assert.True(reading.Length > 12);
        foreach (var (method, pattern) in reading)
        {
            var path = RouteTable.Path(pattern, parameter => RouteTable.Nothing(pattern, parameter));
            var refused = (await SendEncoded(method, path, "gzip")).IsProblem(415, ErrorCode.UnsupportedMediaType);
            Assert.Equal("identity", refused.Header("Accept-Encoding"));
            Assert.NotEqual(415, (await SendEncoded(method, path, "identity")).Status);
        }
    }

    [Fact]
    public async Task A_condition_that_a_route_does_not_look_at_is_refused()
    {
        var others = Own.Where(route => route.Method != "GET" && !Parameters(route.Method, route.Pattern).Contains(CommonParameters.IfMatch)).ToList();
        Assert.True(others.Count > 8);
        foreach (var (method, pattern) in others)
        {
            var reply = await Send(method, RouteTable.Path(pattern, parameter => RouteTable.Nothing(pattern, parameter)), Body(method), ("If-Match", "\"1\""));

            Assert.Contains("If-Match", reply.IsProblem(400, ErrorCode.ValidationFailed).Fields);
        }
    }

    [Fact]
    public async Task Q7_a_parameter_stands_as_often_as_it_may_and_no_value_twice()
    {
        foreach (var (method, pattern) in Own)
        {
            foreach (var parameter in Parameters(method, pattern).Where(parameter => !parameter.IsHeader))
            {
                var path = RouteTable.Path(pattern, name => RouteTable.Nothing(pattern, name)) + "?";
                Assert.InRange(parameter.MaxTimes, 1, 32);

                var values = Enumerable.Range(0, parameter.MaxTimes + 1).Select(i => $"{parameter.Name}=k:{i}");
                var often = await Send(method, path + string.Join('&', values), Body(method));
                Assert.Contains(parameter.Name, often.IsProblem(400, ErrorCode.ValidationFailed).Fields);
                var twice = await Send(method, $"{path}{parameter.Name}=k:1&{parameter.Name}=k:1", Body(method));
                Assert.Contains("twice", twice.IsProblem(400, ErrorCode.ValidationFailed).Body!["errors"]![parameter.Name]!.ToJsonString(), StringComparison.Ordinal);
            }
        }
    }

    private IReadOnlyList<RequestParameter> Parameters(string method, string pattern) =>
        server.Endpoint(method, pattern).Metadata.GetMetadata<RequestParameters>()?.All ?? [];

    private bool Is<TMetadata>(string method, string pattern)
        where TMetadata : class => Metadata<TMetadata>(method, pattern) is not null;

    private TMetadata? Metadata<TMetadata>(string method, string pattern)
        where TMetadata : class => server.Endpoint(method, pattern).Metadata.GetMetadata<TMetadata>();

    /// <summary>The fields of a type as problems name them, each with a body in which it alone has a value; parts and entries too.</summary>
    private static IEnumerable<(string Field, string Body)> Fields(Type type)
    {
        foreach (var property in JsonSettings.Options.GetTypeInfo(type).Properties.Where(property => property.Set is not null))
        {
            foreach (var (field, value) in Values(property.PropertyType))
            {
                // The second field is none of any request, so that nothing is done.
                yield return (property.Name + field, $"{{\"{property.Name}\":{value},\"no_field_of_any_route\":1}}");
            }
        }
    }

    private static IEnumerable<(string Field, string Value)> Values(Type type)
    {
        yield return ("", Placeholder);
        var info = JsonSettings.Options.GetTypeInfo(type);
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Enumerable:
                foreach (var (field, value) in Values(info.ElementType!))
                {
                    yield return ("[0]" + field, $"[{value}]");
                }

                break;
            case JsonTypeInfoKind.Dictionary:
                yield return (".k", $"{{\"k\":{Placeholder}}}");
                break;
            case JsonTypeInfoKind.Object:
                foreach (var property in info.Properties.Where(property => property.Set is not null))
                {
                    foreach (var (field, value) in Values(property.PropertyType))
                    {
                        yield return ($".{property.Name}{field}", $"{{\"{property.Name}\":{value}}}");
                    }
                }

                break;
            default:
                break;
        }
    }

    private async Task<Reply> Send(string method, string path, string? body, params (string, string)[] headers)
    {
        using var content = body is null ? null : Json(body);
        return await _registry.Send(new HttpMethod(method), path, content, headers);
    }

    /// <summary>A body that no route takes, so that nothing is changed by it.</summary>
    private static string? Body(string method) => method is "GET" or "DELETE" ? null : """{"no_field_of_any_route":1}""";

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private async Task<Reply> SendEncoded(string method, string path, string coding)
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"no such model","no_field_of_any_route":1}""");
        using var content = new ByteArrayContent(coding == "gzip" ? Packed(body) : body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add(coding);
        return await _registry.Send(new HttpMethod(method), path, content);
    }

    private static byte[] Packed(byte[] body)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }

        return bytes.ToArray();
    }

    private static void IsNoFailure(Reply reply) => Assert.True(reply.Status < 500, $"{reply.Status}: {reply.Text}");

    /// <summary>A node with one model of one version, and a webhook.</summary>
    public sealed class Server : SqliteServer
    {
        private IReadOnlyList<RouteEndpoint> _routes = [];

        /// <summary>The model's id.</summary>
        public string Model { get; private set; } = "";

        /// <summary>The version's id.</summary>
        public string Version { get; private set; } = "";

        /// <summary>The digest of the version's artifact.</summary>
        public string Digest { get; private set; } = "";

        /// <summary>The webhook's id.</summary>
        public string Webhook { get; private set; } = "";

        /// <summary>The route of a method and a pattern.</summary>
        public RouteEndpoint Endpoint(string method, string pattern) => _routes.First(route =>
            "/" + route.RoutePattern.RawText!.TrimStart('/') == pattern && route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Contains(method));

        /// <inheritdoc/>
        public override async ValueTask InitializeAsync()
        {
            await base.InitializeAsync();
            _routes = [.. Endpoints.OfType<RouteEndpoint>().Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null)];
            Digest = await TestFile.CreateNew(Driver);
            var version = await Driver.DeployPrimary("every route", $"\"aliases\":[\"staging\"],\"artifact\":{{\"digest\":\"{Digest}\"}}");
            (Model, Version) = (version["model_id"]!, version["id"]!);
            Webhook = (await Driver.Post("/v1/webhooks", """{"url":"http://host.invalid","types":["workspace.created"]}""")).Is(201)["webhook.id"]!;
        }
    }
}
