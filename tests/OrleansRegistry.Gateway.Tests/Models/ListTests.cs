using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Models;

public abstract class ListTests(RegistryServer server)
{
    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task Models_are_listed_by_name_and_newest_first()
    {
        var prefix = RegistryDriver.NewName();
        foreach (var name in (string[])["b", "a", "c", "é", "Z"])
        {
            await _registry.Deploy($"{prefix} {name}");
        }

        Assert.Equal(["Z", "a", "b", "c", "é"], await Names(""));
        Assert.Equal(["Z", "é", "c", "a", "b"], await Names("&order_by=-created_at"));

        async Task<IEnumerable<string>> Names(string order) =>
            (await _registry.All($"/v1/models?q={RegistryDriver.InPath(prefix)}{order}", pageSize: 2)).Select(model => ((string)model["name"]!)[(prefix.Length + 1)..]);
    }

    [Fact]
    public async Task Models_are_found_by_name_part_of_it_and_label()
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.Deploy(name))["model_id"];
        await _registry.Deploy(name + " other");
        await _registry.Patch("/v1/models/" + id, """{"labels":{"team":"a:b","tier":"1"}}""");
        var upper = RegistryDriver.InPath(name.ToUpperInvariant());

        Assert.Single(await _registry.All("/v1/models?name=" + RegistryDriver.InPath($" {name} ")));
        Assert.Empty(await _registry.All("/v1/models?name=" + upper));
        Assert.Equal(2, (await _registry.All("/v1/models?q=" + upper)).Count);
        Assert.Single(await _registry.All($"/v1/models?q={upper}&label=team:a:b&label=tier:1"));
        Assert.Empty(await _registry.All($"/v1/models?q={upper}&label=team:a:b&label=tier:2"));
        Assert.Equal(2, (await _registry.All("/v1/models?q=" + RegistryDriver.InPath(name[1..].ToUpperInvariant()), pageSize: 1)).Count);
        Assert.Empty(await _registry.All($"/v1/models?name={RegistryDriver.InPath(name)}&q=" + RegistryDriver.InPath(name[1..3] + "\"x")));
        Assert.Empty(await _registry.All($"/v1/models?name={RegistryDriver.InPath(name)}&q=" + RegistryDriver.InPath(name[1..3])));
        Assert.Single(await _registry.All($"/v1/models?name={RegistryDriver.InPath(name)}&q=" + RegistryDriver.InPath(name[..2])));
    }

    [Fact]
    public async Task Versions_are_found_by_the_beginning_of_their_number_and_listed_by_precedence()
    {
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/versions?";
        foreach (var number in (string[])["1.10.0", "19.0.0-rc.2", "1.9.0", "19.0.0-rc.10", "2.0.0", "19.0.0"])
        {
            await _registry.Deploy(name, $"\"version\":\"{number}\"");
        }

        Assert.Equal(["19.0.0", "19.0.0-rc.10", "19.0.0-rc.2", "2.0.0", "1.10.0", "1.9.0"], await Numbers("order_by=-number"));
        Assert.Equal(["19.0.0", "19.0.0-rc.10", "19.0.0-rc.2"], await Numbers("order_by=-number&number=19."));
        Assert.Equal(["19.0.0", "19.0.0-rc.10", "1.9.0", "19.0.0-rc.2", "1.10.0"], await Numbers("number=1"));
        Assert.Equal(["1.9.0"], await Numbers("number=1.9&order_by=-created_at"));
        (await _registry.Get(path + "number=%5E1")).IsInvalid("number");
        (await _registry.Get(path + "order_by=number")).IsInvalid("order_by");
        var token = (await _registry.Get(path + "order_by=-number&page_size=1"))["next_page_token"];
        (await _registry.Get($"{path}page_size=1&page_token={token}")).IsInvalid("page_token");

        async Task<IEnumerable<string>> Numbers(string query) =>
            (await _registry.All(path + query, pageSize: 2)).Select(version => (string)version["version"]!);
    }

    [Fact]
    public async Task Versions_are_listed_newest_first_without_deleted_ones()
    {
        var name = RegistryDriver.NewName();
        var path = $"/v1/models/{RegistryDriver.InPath(name)}/versions";
        for (var i = 0; i < 6; i++)
        {
            await _registry.Deploy(name, $"\"labels\":{{\"odd\":\"{i % 2}\"}},\"external_id\":\"x{i}\"");
        }

        var id = (await _registry.Get("/v1/models/" + RegistryDriver.InPath(name)))["id"];
        await _registry.Delete($"/v1/model_versions/{id}-2");
        await _registry.Do("deactivate", id + "-3");
        await _registry.Do("publish", id + "-5");

        Assert.Equal([6, 5, 4, 3, 1], await Ordinals(path));
        Assert.Equal([6, 4, 1], await Ordinals(path + "?state=draft"));
        Assert.Equal([5], await Ordinals(path + "?state=published"));
        Assert.Equal([3], await Ordinals(path + "?state=inactive"));
        Assert.Equal([2], await Ordinals(path + "?state=deleted"));
        Assert.Equal([5, 3, 1], await Ordinals(path + "?label=odd:0"));
        Assert.Equal([4], await Ordinals(path + "?external_id=x3"));
        Assert.Empty(await Ordinals(path + "?external_id=x3&label=odd:0"));

        async Task<IEnumerable<int>> Ordinals(string list) =>
            (await _registry.All(list, pageSize: 2)).Select(version => int.Parse(((string)version["id"]!).Split('-')[1], CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Events_are_listed_oldest_first()
    {
        var name = RegistryDriver.NewName();
        var first = await _registry.DeployPrimary(name);
        var second = await _registry.DeployPrimary(name);
        var path = $"/v1/models/{first["model_id"]}/events";

        var events = await _registry.All(path, pageSize: 2);

        Assert.Equal(
            ["model.created", "version.deployed", "version.published", "primary.changed", "version.deployed", "version.published", "primary.changed"],
            events.Select(happened => (string)happened["type"]!));
        var moved = Assert.IsType<JsonObject>(events[^1]);
        Assert.Equal(
            ["id", "type", "at", "workspace", "model_id", "model_name", "version_id", "version", "actor", "actor_name", "comment", "data"],
            moved.Select(field => field.Key));
        Assert.True(JsonNode.DeepEquals(
            new JsonObject
            {
                ["from"] = first["id"],
                ["to"] = second["id"],
                ["reason"] = "published",
                ["from_version"] = "0.1.0",
                ["to_version"] = "0.2.0",
            },
            moved["data"]));
        Assert.Equal("default", (string)moved["workspace"]!);
        Assert.Equal(RegistryServer.Operator, (string)moved["actor"]!);
        var positions = events.Select(happened => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(positions.Order(), positions);

        Assert.Equal(2, (await _registry.All(path + "?type=primary.changed")).Count);
        Assert.Equal(3, (await _registry.All(path + "?type=primary.changed&type=model.created", pageSize: 1)).Count);
        Assert.Equal(events.Skip(4).Select(happened => happened.ToJsonString()), (await _registry.All($"{path}?after={positions[3]}")).Select(happened => happened.ToJsonString()));
        Assert.Equal(3, (await _registry.All($"/v1/model_versions/{second["id"]}/events")).Count);
        Assert.Equal(7, (await _registry.All($"/v1/events?after={positions[0] - 1}")).Count(happened => (string?)happened["model_id"] == first["model_id"]));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("2", 2)]
    [InlineData("200", 2)]
    public async Task A_page_has_as_many_items_as_were_asked_for(string size, int expected)
    {
        var name = RegistryDriver.NewName();
        await _registry.Deploy(name);
        await _registry.Deploy(name);

        var page = (await _registry.Get($"/v1/models/{RegistryDriver.InPath(name)}/versions?page_size={size}")).Is(200);

        Assert.Equal(expected, page.Body!["items"]!.AsArray().Count);
        Assert.Equal(expected == 1, page["next_page_token"] is not null);
    }

    [Theory]
    [InlineData("a:b", "c")]
    [InlineData(":", ":")]
    [InlineData(":x", "")]
    [InlineData("k", "https://host:8443/")]
    [InlineData("a%b", "c&d=e+f #")]
    public async Task Whatever_label_was_written_is_found(string key, string value)
    {
        var name = RegistryDriver.NewName();
        var labels = "\"labels\":" + new JsonObject { [key] = value }.ToJsonString();
        var id = (await _registry.Deploy(name, labels))["model_id"]!;
        await _registry.Deploy(name, "\"labels\":{\"a\":\"b\",\"k\":\"\"}");
        (await _registry.Patch("/v1/models/" + id, $"{{{labels}}}")).Is(200);
        var label = "label=" + RegistryDriver.InPath($"{key}:{value}");

        Assert.Equal(id + "-1", (string)Assert.Single(await _registry.All($"/v1/models/{id}/versions?{label}"))["id"]!);
        Assert.Equal(id, (string)Assert.Single(await _registry.All($"/v1/models?q={RegistryDriver.InPath(name)}&{label}"))["id"]!);
        Assert.Empty(await _registry.All($"/v1/models/{id}/versions?{label}x"));
        Assert.Empty(await _registry.All($"/v1/models/{id}/versions?{label}&label=a:b"));
    }

    [Theory]
    [InlineData("/v1/models?page_size=x", "page_size")]
    [InlineData("/v1/models?page_size=", "page_size")]
    [InlineData("/v1/models?page_size=1.0", "page_size")]
    [InlineData("/v1/models?page_size=0", "page_size")]
    [InlineData("/v1/models?page_size=-5", "page_size")]
    [InlineData("/v1/models?page_size=%2B5", "page_size")]
    [InlineData("/v1/models?page_size=201", "page_size")]
    [InlineData("/v1/models?page_size=99999999999999999999999", "page_size")]
    [InlineData("/v1/events?page_size=1000", "page_size")]
    [InlineData("/v1/billing/statements?page_size=0", "page_size")]
    [InlineData("/v1/models/x/versions?page_size=1000", "page_size")]
    [InlineData("/v1/models?page_token=x", "page_token")]
    [InlineData("/v1/models?page_token=", "page_token")]
    [InlineData("/v1/models?label=team", "label")]
    [InlineData("/v1/models?label=:x", "label")]
    [InlineData("/v1/models?order_by=created_at", "order_by")]
    [InlineData("/v1/models?Name=x", "Name")]
    [InlineData("/v1/models?name=x&name=x", "name")]
    [InlineData("/v1/models?name=%00", "name")]
    [InlineData("/v1/models?=x", "")]
    [InlineData("/v1/events?type=model.exploded", "type")]
    [InlineData("/v1/events?after=-1", "after")]
    [InlineData("/v1/events?after=99999999999999999999", "after")]
    public async Task Bad_parameters_are_named_E3(string path, string field) => (await _registry.Get(path)).IsInvalid(field);

    [Fact]
    public async Task A_token_belongs_to_its_list_and_its_parameters()
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.Deploy(name))["model_id"];
        await _registry.Deploy(name);
        var other = (await _registry.Deploy(name + "!"))["model_id"];
        var token = (await _registry.Get($"/v1/models/{id}/versions?page_size=1"))["next_page_token"]!;
        var forged = Base64Url.EncodeToString(
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Replace("\"2\"", "\"9\"", StringComparison.Ordinal)));

        (await _registry.Get($"/v1/models/{id}/versions?page_token={token}")).Is(200);
        (await _registry.Get($"/v1/models/{id}/versions?state=draft&page_token={token}")).IsInvalid("page_token");
        (await _registry.Get($"/v1/models/{other}/versions?page_token={token}")).IsInvalid("page_token");
        (await _registry.Get($"/v1/models/{id}/events?page_token={token}")).IsInvalid("page_token");
        (await _registry.Get($"/v1/models?page_token={token}")).IsInvalid("page_token");
        (await _registry.Get($"/v1/models/{id}/versions?page_token={forged}")).IsInvalid("page_token");
        (await _registry.Get($"/v1/models/{id}/versions?page_token={token[..^2]}")).IsInvalid("page_token");
    }

    [Fact]
    public async Task E3_a_page_token_of_another_list_is_refused_by_every_list()
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName()))["model_id"]!;
        await _registry.Deploy((await _registry.Get($"/v1/models/{id}"))["name"]!);
        await _registry.Deploy(RegistryDriver.NewName());
        await _registry.Patch($"/v1/model_versions/{id}-1", """{"description":"x"}""");
        (await _registry.Post("/v1/api_keys", """{"name":"x","role":"viewer"}""")).Is(201);
        (await _registry.Post("/v1/api_keys", """{"name":"x","role":"viewer"}""")).Is(201);
        string[] lists =
        [
            "/v1/models?", "/v1/models?order_by=-created_at&", $"/v1/models/{id}/versions?", $"/v1/models/{id}/versions?state=draft&",
            "/v1/events?", $"/v1/models/{id}/events?", $"/v1/model_versions/{id}-1/events?", "/v1/api_keys?",
        ];

        foreach (var from in lists)
        {
            var token = (await _registry.Get(from + "page_size=1")).Is(200)["next_page_token"];
            Assert.NotNull(token);
            foreach (var list in (string[])[.. lists, "/v1/billing/usage?", "/v1/billing/usage?group_by=version&", "/v1/billing/statements?"])
            {
                var reply = await _registry.Get(list + "page_token=" + token);
                _ = list == from ? reply.Is(200) : reply.IsInvalid("page_token");
            }
        }
    }

    [Fact]
    public async Task A_page_token_beyond_the_end_leads_to_an_empty_last_page_and_is_refused_by_events()
    {
        var id = (await _registry.Deploy(RegistryDriver.NewName()))["model_id"]!;
        var end = PageToken.Text(DateTimeOffset.MaxValue);

        // Nothing is behind the first version, the last model and the last key.
        await IsEmpty($"/v1/models/{id}/versions", Token("versions", id, null, null, null, nameof(VersionOrder.NewestFirst)).Encode("1"));
        await IsEmpty("/v1/models", Token("models", null, null, nameof(ModelOrder.Name)).Encode("\U0010fffd", end, "zzzzzzzzzz"));
        await IsEmpty("/v1/api_keys", Token("api_keys").Encode(end, "zzzzzzzz"));
        await IsEmpty("/v1/billing/statements", Token("statements").Encode("1970-01"));
        await IsEmpty("/v1/billing/usage", Token("usage", null, null, null).Encode($"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}", "1000000"));

        // A position that the log never gave belongs to another log.
        foreach (var (path, token) in new[] { ("/v1/events", Token("events", null, null, null)), ($"/v1/models/{id}/events", Token("events", id, null, null)) })
        {
            (await _registry.Get($"{path}?page_token={token.Encode($"{long.MaxValue}")}")).IsInvalid("page_token");
            (await _registry.Get($"{path}?page_token={token.Encode("0")}")).Is(200);
        }

        PageToken Token(params ReadOnlySpan<string?> list) => server.PageTokens.For(GrainKeys.DefaultWorkspace, list);

        async Task IsEmpty(string path, string token)
        {
            var page = (await _registry.Get($"{path}?page_token={token}")).Is(200);
            Assert.Empty(page.Body!["items"]!.AsArray());
            Assert.Null(page["next_page_token"]);
        }
    }

    [Fact]
    public async Task Pages_stay_in_step_while_others_write()
    {
        var prefix = RegistryDriver.NewName();
        List<string> names = [.. Enumerable.Range(0, 30).Select(i => $"{prefix} {i:00}")];
        foreach (var name in names)
        {
            await _registry.Deploy(name);
        }

        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var added = await _registry.Deploy($"{prefix} {i % 30:00} {Guid.NewGuid():N}");
                await _registry.Deploy(names[i % 30]);
                await _registry.Delete("/v1/models/" + added["model_id"]);
            }
        }, TestContext.Current.CancellationToken);
        var byName = await _registry.All($"/v1/models?q={RegistryDriver.InPath(prefix)}", pageSize: 4);
        var byTime = await _registry.All($"/v1/models?q={RegistryDriver.InPath(prefix)}&order_by=-created_at", pageSize: 4);
        await stop.CancelAsync();
        await writing;

        foreach (var seen in (IReadOnlyList<JsonNode>[])[byName, byTime])
        {
            var found = seen.Select(model => (string)model["name"]!).Where(names.Contains).ToList();
            Assert.Equal(names, found.Order(StringComparer.Ordinal));
        }
    }
}

[Collection(OnSqlite.Name)]
public sealed class ListsOnSqlite(SqliteServer server) : ListTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class ListsOnPostgres(PostgresServer server) : ListTests(server);
