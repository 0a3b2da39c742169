using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.RestClient;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Cli.Tests;

/// <summary>Commands that change something, and rules K3, K6 and K8.</summary>
public sealed class CommandTests(Node node)
{
    [Fact]
    public async Task A_command_sends_the_id_and_the_primary_that_the_user_could_see()
    {
        var name = node.NewName();
        var first = await Version("deploy", name, "--publish", "--label", "team=red", "--description", "the first");
        var second = await Version("deploy", name, "--bump", "major");
        Assert.Equal(("0.1.0", "1.0.0"), (first.Version, second.Version));

        using var proxy = new FaultProxy(node.Url.Port);
        var through = new Around { Variables = { ["ORK_URL"] = proxy.Url.AbsoluteUri } };
        var promoted = await node.Ork(through, "promote", name + "@1.0.0");
        Assert.Contains($"primary moved  {first.Id} -> {second.Id}", promoted.Data, StringComparison.Ordinal);
        Assert.StartsWith($"{name} 1.0.0 ({second.Id}) is draft.", promoted.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"POST /v1/model_versions/{second.Id}/promote",
            proxy.Seen.Last().Head,
            StringComparison.Ordinal);

        Assert.Equal(5, (await node.Ork("promote", first.Id, "--from", first.Id)).Code);
        Assert.Contains(
            $"{second.Id} -> {first.Id}",
            (await node.Ork("rollback", name)).Data,
            StringComparison.Ordinal);
        var published = await node.Ork("publish", second.Id, "--promote", "--from", name);
        Assert.Contains($"{first.Id} -> {second.Id}", published.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        var name = node.NewName();
        Assert.Contains(
            "Nothing was made",
            (await node.Ork("deploy", name, "--dry-run")).Error,
            StringComparison.Ordinal);
        Assert.Equal(4, (await node.Ork("show", name)).Code);
        var version = await Version("deploy", name);

        Assert.Contains(
            "would change   yes",
            (await node.Ork("promote", version.Id, "--dry-run")).Data,
            StringComparison.Ordinal);
        Assert.Contains(
            "would change  yes",
            (await node.Ork("deactivate", version.Id, "--dry-run")).Data,
            StringComparison.Ordinal);
        Assert.Contains(
            "would change   yes",
            (await node.Ork("delete", version.Id, "--dry-run")).Data,
            StringComparison.Ordinal);
        Assert.Equal("draft", (await node.Registry.GetVersion(version.Id)).State);
    }

    [Fact]
    public async Task Ork_K3_a_version_is_deleted_by_yes_or_where_nobody_can_be_asked_by_the_option()
    {
        var name = node.NewName();
        var (first, second, third) = (
            await Version("deploy", name),
            await Version("deploy", name),
            await Version("deploy", name));

        var unasked = await node.Ork("delete", first.Id);
        Assert.Equal(2, unasked.Code);
        Assert.Contains("Say so with --yes.", unasked.Error, StringComparison.Ordinal);
        var no = await node.Ork(new Around { IsTerminal = true, Input = "n\n" }, "delete", first.Id);
        Assert.Equal(2, no.Code);
        Assert.Contains($"Delete {name} 0.1.0 ({first.Id}) for ever? [y/N]", no.Error, StringComparison.Ordinal);
        Assert.Equal("draft", (await node.Registry.GetVersion(first.Id)).State);

        Assert.Equal(
            0,
            (await node.Ork(new Around { IsTerminal = true, Input = "y\n" }, "delete", name + "@0.1.0")).Code);
        Assert.Equal(0, (await node.Ork("delete", second.Id, "--yes")).Code);
        Assert.Equal("deleted", (await node.Registry.GetVersion(second.Id)).State);
        Assert.Equal("draft", (await node.Registry.GetVersion(third.Id)).State);
    }

    [Fact]
    public async Task Ork_K3_a_model_is_deleted_by_its_name_only()
    {
        var name = node.NewName();
        var version = await Version("deploy", name);

        Assert.Equal(2, (await node.Ork("models", "delete", name)).Code);
        Assert.Equal(2, (await node.Ork("models", "delete", name, "--yes")).Code);
        Assert.Equal(2, (await node.Ork("models", "delete", name, "--confirm", "another")).Code);
        Assert.Equal(
            2,
            (await node.Ork(new Around { IsTerminal = true, Input = "y\n" }, "models", "delete", name)).Code);
        Assert.Equal("draft", (await node.Registry.GetVersion(version.Id)).State);

        Assert.Equal(
            0,
            (await node.Ork(new Around { IsTerminal = true, Input = name + "\n" }, "models", "delete", name)).Code);
        Assert.Equal(4, (await node.Ork("show", version.ModelId)).Code);
        await Version("deploy", name);
        Assert.Equal(0, (await node.Ork("models", "delete", name, "--confirm", name)).Code);
    }

    [Fact]
    public async Task Ork_K8_the_impact_is_shown_before_a_version_goes()
    {
        await using var model = await PlayedServer.Start("1");
        var name = node.NewName();
        var first = await Version("deploy", name, "--publish", "--url", model.Url.AbsoluteUri);
        Assert.Equal(0, (await node.Ork("predict", name, "{}")).Code);

        var stopped = await node.Ork("deactivate", first.Id, "--drain", "1s");
        Assert.Contains("Impact: 1 calls in the last minute, 0 run now.", stopped.Error, StringComparison.Ordinal);
        Assert.Contains("Impact: the model has no primary any more.", stopped.Error, StringComparison.Ordinal);
        Assert.Contains("calls left     0", stopped.Data, StringComparison.Ordinal);

        Assert.Equal(0, (await node.Ork("activate", first.Id, "--wait")).Code);
        var deleted = await node.Ork("delete", first.Id, "--yes");
        Assert.Contains($"Impact: the model {name} is deleted too", deleted.Error, StringComparison.Ordinal);
        Assert.Contains("model deleted  yes", deleted.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_is_named_with_the_name_and_the_paths_that_it_knows()
    {
        var name = node.NewName();
        var made = await node.Ork(
            "deploy", name, "--url", "http://127.0.0.1:9/", "--served-name", "Qwen/Qwen2.5-7B", "--openai-path", "classify", "--openai-path", "audio/more");
        Assert.Matches("(?m)^served name +Qwen/Qwen2.5-7B$", made.Data);
        Assert.Matches("(?m)^openai paths +classify audio/more$", made.Data);

        Assert.Equal(0, (await node.Ork("deactivate", name + "@0.1.0")).Code);
        Assert.Equal(0, (await node.Ork("activate", name + "@0.1.0", "--url", "http://127.0.0.1:9/", "--served-name", "other")).Code);
        var serving = (await Version("show", name + "@0.1.0")).Serving!;
        Assert.Equal(("other", null), (serving.ServedName, serving.OpenaiPaths));

        var refused = await node.Ork("deploy", name, "--url", "http://127.0.0.1:9/", "--openai-path", "/classify");
        Assert.Equal(5, refused.Code);
        Assert.Contains("serving.openai_paths[0]", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ork_K6_a_wait_shows_how_it_stands(bool isTerminal)
    {
        var isUp = new TaskCompletionSource();
        var shown = new TaskCompletionSource();
        await using var model = await PlayedServer.Start(async (context, _) =>
        {
            await isUp.Task;
            await PlayedServer.Json(context, "1");
        });
        var clock = new FakeTimeProvider();
        var around = new Around
        {
            IsTerminal = isTerminal,
            Clock = clock,
            OnError = text => _ = text.Contains("starting, ", StringComparison.Ordinal) && shown.TrySetResult(),
        };
        var running = node.Ork(
            around, "deploy", node.NewName(), "--wait=1m", "--url", model.Url.AbsoluteUri, "--health-url", $"{model.Url}health", "--json");
        while (!shown.Task.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        isUp.SetResult();
        var run = await running;

        Assert.Equal("ready", JsonElement.Parse(run.Data).GetProperty("serving").GetProperty("status").GetString());
        Assert.Equal(isTerminal, run.Error.Contains("\r\u001b[K", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_webhooks_workspaces_and_rates_are_managed()
    {
        var name = node.NewName();
        var key = (await node.Ork("keys", "create", name, "--role", "invoker", "--expires", "never", "--comment", "for tests")).Data.Trim();
        var prefix = JsonElement.Parse((await node.Ork(new Around { Variables = { ["ORK_API_KEY"] = key } }, "whoami", "--json")).Data).GetProperty("key_prefix").GetString()!;
        var newKey = (await node.Ork("keys", "rotate", prefix, "--overlap", "1h", "--comment", "it is old")).Data.Trim();
        Assert.NotEqual(key, newKey);
        Assert.Equal(2, (await node.Ork("keys", "revoke", prefix)).Code);
        Assert.Equal(0, (await node.Ork("keys", "revoke", prefix, "--yes", "--comment", "it leaked")).Code);
        Assert.Equal(3, (await node.Ork(new Around { Variables = { ["ORK_API_KEY"] = key } }, "whoami")).Code);
        // By their types: other tests use the same node meanwhile.
        var types = "type=api_key.created&type=api_key.rotated&type=api_key.revoked";
        var events = (await node.Ork("api", "GET", $"/v1/events?{types}&order_by=-id&page_size=200")).Data;
        Assert.All(["for tests", "it is old", "it leaked"], comment => Assert.Contains(comment, events, StringComparison.Ordinal));

        var hook = (await node.Ork("webhooks", "create", "http://127.0.0.1:9/", "--type", "rates.updated", "-q")).Data.Trim();
        Assert.Contains("disabled", (await node.Ork("webhooks", "disable", hook)).Data, StringComparison.Ordinal);
        Assert.Contains("enabled", (await node.Ork("webhooks", "enable", hook)).Data, StringComparison.Ordinal);
        Assert.Contains("secret", (await node.Ork("webhooks", "rotate-secret", hook)).Data, StringComparison.Ordinal);
        Assert.Equal(0, (await node.Ork("webhooks", "delete", hook, "--yes")).Code);
        Assert.Equal(4, (await node.Ork("webhooks", "show", hook)).Code);

        Assert.Equal(
            0,
            (await node.Ork("workspaces", "create", "w" + name.Replace("-", "", StringComparison.Ordinal), "--description", "of a test")).Code);
        var rates = """{"rates":[{"instance_type":null,"stage":"published","price_per_minute":"0.0125","effective_from":"2026-01-01"}]}""";
        var put = await node.Ork(new Around { Input = rates }, "rates", "put", "-", "--dry-run");
        Assert.Contains("0.0125", put.Data, StringComparison.Ordinal);
        Assert.Equal(2, (await node.Ork("rates", "put", "[]")).Code);
        Assert.Equal(2, (await node.Ork("rates", "put", "{")).Code);
        Assert.Equal(5, (await node.Ork("rates", "put", "{\"rates\":1}")).Code);
    }

    private async Task<ModelVersion> Version(params string[] arguments) =>
        new(JsonElement.Parse((await node.Ork([.. arguments, "--json"])).Data));
}
