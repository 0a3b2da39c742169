using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Host;
using OrleansRegistry.Testing;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>A whole node as it is shipped, on a loopback port and an empty SQLite database of its own.</summary>
public sealed class ConsoleNode : IAsyncLifetime
{
    private readonly TestDatabase _database;
    private readonly bool _isOfSeveral;
    private readonly TimeProvider _clock;
    private readonly IReadOnlyList<string> _settings;
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false, UseCookies = false };
    private WebApplication? _app;
    private WebApplication? _server;

    public ConsoleNode()
        : this(TestDatabase.Sqlite(), isOfSeveral: false, TimeProvider.System, [])
    {
    }

    /// <summary>A node with settings of the test's own.</summary>
    /// <param name="database">Its database, which goes with the node unless other nodes have it too.</param>
    /// <param name="isOfSeveral">Whether there are other nodes.</param>
    /// <param name="clock">Its clock.</param>
    /// <param name="settings">Settings beside those that all have, as arguments.</param>
    internal ConsoleNode(TestDatabase database, bool isOfSeveral, TimeProvider clock, IReadOnlyList<string> settings) =>
        (_database, _isOfSeveral, _clock, _settings) = (database, isOfSeveral, clock, settings);

    /// <summary>A key of role operator.</summary>
    public static string OperatorKey { get; } = ApiKey.Create();

    /// <summary>Where the node listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What the node has written into its audit so far.</summary>
    public AuditLines Audit { get; } = new();

    /// <summary>The address of a model's server that is up, and answers everything.</summary>
    public string ServerUrl { get; private set; } = "";

    /// <summary>The routes of the console.</summary>
    public IReadOnlyList<RouteEndpoint> Pages =>
    [
        .. _app!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.StartsWith(Links.Root, StringComparison.Ordinal)),
    ];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(context => context.Response.WriteAsync("{\"predictions\":[1]}"));
        await _server.StartAsync();
        ServerUrl = _server.Urls.Single();

        string[] args =
        [
            "--urls=http://127.0.0.1:0",
            $"--Registry:DataDirectory={_database.Options.DataDirectory}",
            $"--Registry:SiloPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}",
            "--Registry:Outbound:AllowLoopback=true",
            $"--Registry:Auth:AdminKey={OperatorKey}",
            "--Registry:TrustedProxies=127.0.0.0/8",
            .. NodeSettings.Unlimited,
            "--Registry:Runtime:Enabled=true",
            .. _database.Options.PostgresConnectionString is { } postgres ? (string[])[$"--ConnectionStrings:Registry={postgres}"] : [],
            .. _settings,
        ];
        _app = RegistryHost.Build(
            args, services => services.AddSingleton(_clock).AddLogging(logging => logging.ClearProviders().AddProvider(Audit)));
        await _app.StartAsync();
        Address = new Uri(_app.Urls.First());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _handler.Dispose();
        await (_app?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_isOfSeveral ? ValueTask.CompletedTask : _database.DisposeAsync());
        Audit.Dispose();
    }

    /// <summary>Asks the HTTP interface with a key, the operator's by default, and expects success.</summary>
    public async Task<JsonNode> Api(string method, string path, string? body = null, string? key = null)
    {
        using var client = NewClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? OperatorKey);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>Deploys a version of a model, published unless <paramref name="fields"/> say otherwise.</summary>
    public Task<JsonNode> Deploy(string model, string fields = "\"publish\":true") => Api(
        "POST", "/v1/model_versions", $"{{\"model_name\":{JsonValue.Create(model).ToJsonString()}{(fields.Length == 0 ? "" : ",")}{fields}}}");

    /// <summary>Deploys a package of one <c>model.py</c>, which the node runs, and waits until it is ready.</summary>
    /// <returns>The version.</returns>
    public async Task<JsonNode> Run(string model, string code)
    {
        var bytes = Encoding.UTF8.GetBytes(code);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var client = NewClient();
        using HttpRequestMessage upload = new(HttpMethod.Patch, "/v1/artifacts/files/" + sha256) { Content = new ByteArrayContent(bytes) };
        upload.Headers.Authorization = new AuthenticationHeaderValue("Bearer", OperatorKey);
        upload.Headers.Add("Upload-Offset", "0");
        upload.Headers.Add("Upload-Length", bytes.Length.ToString(CultureInfo.InvariantCulture));
        using var uploaded = await client.SendAsync(upload);
        Assert.True(uploaded.IsSuccessStatusCode);
        var artifact = await Api("POST", "/v1/artifacts", $$"""
            {"files":[{"path":"model.py","sha256":"{{sha256}}","size":{{bytes.Length}}}],"format":"python"}
            """);
        var version = await Deploy(model, $$"""
            "publish":true,"runtime":{},"artifact":{"digest":"{{(string)artifact["digest"]!}}"}
            """);
        return await Api("GET", $"/v1/model_versions/{(string)version["id"]!}?wait=ready&timeout_seconds=60");
    }

    /// <summary>A new key of a role in the default workspace.</summary>
    public async Task<string> NewKey(string role) =>
        (string)(await Api("POST", "/v1/api_keys", $$"""{"name":"test","role":"{{role}}"}"""))["key"]!;

    /// <summary>A browser that is signed in with a key, the operator's by default.</summary>
    public async Task<Browser> SignIn(string? key = null)
    {
        var browser = new Browser(this);
        var signedIn = await browser.Post(Links.SignIn, [("key", key ?? OperatorKey)]);
        Assert.Equal(303, signedIn.Status);
        return browser;
    }

    /// <summary>Sends requests as they are.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The node disposes of the handler.")]
    internal HttpClient NewClient() => new(_handler, disposeHandler: false) { BaseAddress = Address };
}

/// <summary>The tests that share one node.</summary>
[CollectionDefinition(Name)]
public sealed class OnOneNode : ICollectionFixture<ConsoleNode>
{
    public const string Name = "Node";
}
