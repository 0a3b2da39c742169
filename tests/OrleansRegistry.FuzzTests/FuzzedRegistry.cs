using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRegistry.Testing;

namespace OrleansRegistry.FuzzTests;

/// <summary>A workspace, with callers of each role and models in each state.</summary>
/// <param name="Callers">Each shows a key of another role, the highest last.</param>
/// <param name="Existing">Ids, names and numbers that lead somewhere.</param>
/// <param name="Secret">What stands in its rows and in no request.</param>
internal sealed record FuzzedTenant(IReadOnlyList<HttpClient> Callers, IReadOnlyList<string> Existing, string Secret);

/// <summary>The real executable on SQLite, two workspaces in it, and a model's server.</summary>
public sealed class FuzzedRegistry : IAsyncLifetime
{
    private static readonly string[] Roles = ["viewer", "invoker", "deployer", "admin", "operator"];

    private readonly TestDatabase _database = TestDatabase.Sqlite();
    private readonly List<HttpClient> _clients = [];
    private WebApplication? _server;
    private RegistryProcess? _process;

    /// <summary>Where it listens.</summary>
    public Uri Address => _process!.Address;

    /// <summary>What it says of itself.</summary>
    internal ApiDocument Document { get; private set; } = null!;

    /// <summary>The workspace <c>default</c>, none of whose models has a server.</summary>
    internal FuzzedTenant First { get; private set; } = null!;

    /// <summary>Another workspace.</summary>
    internal FuzzedTenant Second { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _server = await StartServer();
        (_process, var root) = await RegistryProcess.Start(NodeSettings.On(_database));
        _clients.Add(root);
        Document = await ApiDocument.Read(root);
        await Post(root, "/v1/workspaces", new JsonObject { ["name"] = "second" });
        First = await NewTenant(root, "default", serving: null);
        Second = await NewTenant(root, "second", _server.Urls.First());
    }

    /// <summary>Every stored row, as text. Of a webhook, which goes on delivering, only the command that changed it last.</summary>
    public async Task<string> Dump()
    {
        var rows = await TestRows.Execute(_database.Options, """
            select group_concat(kind || key || iif(kind = 'webhook', json_extract(payload, '$.last_command'), version || payload), char(10))
            from (select * from registry_state order by rowid)
            """);
        var events = await TestRows.Execute(_database.Options, "select group_concat(position || type || model_id || data, char(10)) from (select * from registry_event order by position)");
        return $"{rows}\n{events}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        _process?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    private static async Task<WebApplication> StartServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsJsonAsync(new JsonObject { ["answer"] = 42 }));
        await app.StartAsync();
        return app;
    }

    private static async Task<JsonNode> Post(HttpClient client, string path, JsonObject body)
    {
        var answer = await client.Call(HttpMethod.Post, path, body);
        return answer.Fate == Fate.Acknowledged ? answer.Body! : throw new InvalidOperationException($"{path} was answered {answer.Status}: {answer.Body?.ToJsonString()}");
    }

    /// <summary>Makes keys of each role and some models, of which the first has a server if there is an address of one.</summary>
    private async Task<FuzzedTenant> NewTenant(HttpClient root, string workspace, string? serving)
    {
        List<HttpClient> callers = [];
        foreach (var role in Roles)
        {
            var made = await Post(root, "/v1/api_keys", new JsonObject { ["name"] = role, ["role"] = role, ["workspace"] = workspace });
            var caller = new HttpClient { BaseAddress = Address };
            caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)made["key"]!);
            callers.Add(caller);
        }

        _clients.AddRange(callers);
        var secret = $"secret{Guid.NewGuid():N}";
        List<string> existing = ["0.1.0", "0.2.0"];
        foreach (var name in (string[])["one", "two", "gone"])
        {
            for (var i = 0; i < 3; i++)
            {
                var version = await Post(callers[^1], "/v1/model_versions", new JsonObject
                {
                    ["model_name"] = $"{workspace} {name}",
                    ["publish"] = i == 0,
                    ["description"] = secret,
                    ["serving"] = name == "one" && serving is not null ? new JsonObject { ["url"] = serving } : null,
                });
                existing.Add((string)version["id"]!);
                if (i == 2)
                {
                    existing.AddRange((string)version["model_id"]!, $"{workspace} {name}");
                }
            }
        }

        await callers[^1].Call(HttpMethod.Delete, $"/v1/models/{existing[^2]}");
        return new FuzzedTenant(callers, existing, secret);
    }
}
