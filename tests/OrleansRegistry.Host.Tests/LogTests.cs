using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>What the log of the real executable holds, with every category at its most talkative.</summary>
public sealed class LogTests : IAsyncLifetime
{
    private const string Canary = "canary7c1f";

    private readonly TestDatabase _database = TestDatabase.Sqlite();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task E2_no_log_holds_a_key_a_token_a_header_or_a_body_of_a_caller()
    {
        var settings = NodeSettings.On(_database) with
        {
            Arguments = ["--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Microsoft=Trace", "--Logging:LogLevel:Microsoft.AspNetCore=Trace", "--Logging:LogLevel:Orleans=Debug"],
        };
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            // A server that answers, one that is not there, and bodies that are wrong.
            client.DefaultRequestHeaders.Add("X-Caller", Canary);
            client.DefaultRequestHeaders.Add("Cookie", $"session={Canary}");
            var body = new JsonObject { ["description"] = Canary, ["model_name"] = "A model", ["publish"] = true, ["serving"] = new JsonObject { ["url"] = client.BaseAddress!.ToString() } };
            Assert.Equal(HttpStatusCode.Created, (await client.Call(HttpMethod.Post, "/v1/model_versions", body, Canary)).Status);
            var away = new JsonObject { ["model_name"] = "Away", ["publish"] = true, ["serving"] = new JsonObject { ["url"] = $"http://127.0.0.1:{RegistryProcess.FreePort()}" } };
            Assert.Equal(HttpStatusCode.Created, (await client.Call(HttpMethod.Post, "/v1/model_versions", away)).Status);
            await client.Call(HttpMethod.Post, "/v1/models/A%20model/predict", new JsonObject { ["input"] = Canary });
            Assert.Equal(HttpStatusCode.BadGateway, (await client.Call(HttpMethod.Post, "/v1/models/Away/predict", new JsonObject { ["input"] = Canary })).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { [Canary] = Canary })).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["bump"] = Canary })).Status);

            var made = await client.Call(HttpMethod.Post, "/v1/api_keys", new JsonObject { ["name"] = "ci", ["role"] = "viewer" });
            var key = (string)made.Body!["key"]!;
            var hook = await client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = "https://example.com/hook", ["types"] = new JsonArray("model.created") });
            Assert.Equal(HttpStatusCode.Created, hook.Status);
            foreach (var shown in new[] { key, key[..^1] + (key[^1] == '0' ? '1' : '0'), $"eyJhbGciOiJub25lIn0.{Canary}.x", Canary })
            {
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", shown);
                Assert.Equal(shown == key ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await client.Call(HttpMethod.Get, "/v1/models")).Status);
            }

            await process.Signal("TERM");
            await process.WaitForExit();

            // The log is there, and says a lot.
            Assert.Contains("trce:", process.Output, StringComparison.Ordinal);
            Assert.Contains("/v1/model_versions", process.Output, StringComparison.Ordinal);
            Assert.Multiple(
                () => HasNo(process.Output, Canary),
                () => HasNo(process.Output, key["ork_12345678_".Length..]),
                () => HasNo(process.Output, NodeSettings.OperatorKey["ork_12345678_".Length..]),
                () => HasNo(process.Output, (string)hook.Body!["secret"]!));
        }
    }

    [Fact]
    public async Task A_command_and_a_start_that_failed_are_a_line_each_without_what_callers_wrote()
    {
        var (process, client) = await RegistryProcess.Start(NodeSettings.On(_database));
        using (process)
        using (client)
        {
            var health = $"http://127.0.0.1:{RegistryProcess.FreePort()}/";
            var deployed = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = Canary, ["description"] = Canary, ["publish"] = true, ["comment"] = Canary });
            var slow = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject
            {
                ["model_name"] = Canary,
                ["serving"] = new JsonObject { ["url"] = health, ["health_url"] = health, ["startup_timeout_seconds"] = 1 },
            });
            var (first, second) = ((string)deployed.Body!["id"]!, (string)slow.Body!["id"]!);
            await client.Call(HttpMethod.Post, $"/v1/model_versions/{first}/publish");
            await client.Call(HttpMethod.Post, $"/v1/model_versions/{first}/promote?dry_run=true");
            await client.Call(HttpMethod.Post, $"/v1/model_versions/{first}/deactivate", new JsonObject { ["comment"] = Canary });
            var hook = await client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = "https://example.com/hook", ["comment"] = Canary });
            var key = await client.Call(HttpMethod.Post, "/v1/api_keys", new JsonObject { ["name"] = Canary, ["role"] = "viewer" });
            await client.Call(HttpMethod.Put, "/v1/billing/rates", new JsonObject
            {
                ["rates"] = new JsonArray(new JsonObject { ["stage"] = "draft", ["price_per_minute"] = "1", ["effective_from"] = "2026-01-01" }),
            });
            await process.WaitForOutput("version.failed");
            await client.Call(HttpMethod.Delete, $"/v1/models/{first.Split('-')[0]}");
            await process.Signal("TERM");
            await process.WaitForExit();

            var model = $"model/default/{first.Split('-')[0]}: ";
            var me = $", by key:{NodeSettings.OperatorKey.Split('_')[1]}";
            Assert.Collection(
                Lines(process.Output, model),
                line => Assert.Equal(
                    $"{model}model.created, version.deployed {first} {{\"version\":\"0.1.0\",\"stage\":\"draft\",\"serving\":null}}, version.published {first} {{}}, "
                    + $"primary.changed {first} {{\"from\":null,\"from_version\":null,\"to\":\"{first}\",\"to_version\":\"0.1.0\",\"reason\":\"published\"}}{me}",
                    line),
                line => Assert.StartsWith($"{model}version.deployed {second} ", line, StringComparison.Ordinal),
                line => Assert.StartsWith($"{model}version.deactivated {first} ", line, StringComparison.Ordinal),
                line => Assert.StartsWith($"{model}version.failed {second} {{\"message\":\"The health URL could not be reached: ", line, StringComparison.Ordinal),
                line => Assert.Equal($"{model}model.deleted, version.deleted of all its versions{me}", line));
            Assert.Equal([$"webhook/default/{hook.Body!["webhook"]!["id"]}: webhook.created{me}"], Lines(process.Output, "webhook/"));
            Assert.Contains($"key/-/{key.Body!["api_key"]!["prefix"]}: api_key.created{me}", Lines(process.Output, "key/"));
            Assert.Equal([$"rates/default/all: rates.updated{me}"], Lines(process.Output, "rates/"));
            HasNo(process.Output, Canary);
        }
    }

    [Theory]
    [InlineData("simple")]
    [InlineData("json")]
    public async Task A9_the_audit_is_a_category_that_can_be_written_alone_by_either_formatter(string formatter)
    {
        var settings = NodeSettings.On(_database) with
        {
            Arguments =
            [
                $"--Logging:Console:FormatterName={formatter}",
                "--Logging:Console:LogLevel:Default=None",
                "--Logging:Console:LogLevel:OrleansRegistry.Audit=Information",
                // It says where it listens.
                "--Logging:Console:LogLevel:Microsoft.Hosting.Lifetime=Information",
            ],
        };
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var made = await client.Call(HttpMethod.Post, "/v1/api_keys", new JsonObject { ["name"] = Canary, ["role"] = "viewer" });
            await client.Call(HttpMethod.Delete, "/v1/models/no%0Awhere");
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Canary);
            await client.Call(HttpMethod.Get, "/v1/models");
            await process.Signal("TERM");
            await process.WaitForExit();

            var lines = process.Output.Split('\n').Where(line => line.Contains("OrleansRegistry.Audit", StringComparison.Ordinal))
                .Select(line => JsonNode.Parse(formatter == "json" ? (string)JsonNode.Parse(line)!["Message"]! : line[line.IndexOf('{', StringComparison.Ordinal)..])!)
                .ToList();
            Assert.Equal(["secret_shown", "refused", "unauthenticated"], lines.Select(line => (string?)line["event"]));
            Assert.Equal("/v1/api_keys/" + made.Body!["api_key"]!["prefix"], (string?)lines[0]["resource"]);
            Assert.Equal("/v1/models/no\nwhere", (string?)lines[1]["path"]);
            // The number is told at the end, too.
            Assert.Equal(("127.0.0.1", 1), ((string?)lines[2]["address"], (int)lines[2]["count"]!));
            Assert.DoesNotContain("info: OrleansRegistry.Models", process.Output, StringComparison.Ordinal);
            HasNo(process.Output, Canary);
            HasNo(process.Output, ((string)made.Body["key"]!)["ork_12345678_".Length..]);
        }
    }

    /// <summary>The messages of the log that begin with a text.</summary>
    private static IEnumerable<string> Lines(string log, string start) => log.Split(Environment.NewLine)
        .Select(line => line.IndexOf("] ", StringComparison.Ordinal) is >= 0 and var at ? line[(at + 2)..] : line)
        .Where(message => message.StartsWith(start, StringComparison.Ordinal));

    private static void HasNo(string log, string secret) =>
        Assert.DoesNotContain(log.Split('\n'), line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
}
