using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OrleansRegistry.Gateway.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Gateway.Tests.Webhooks;

/// <summary>Events sent to receivers (rule P5).</summary>
public abstract class WebhookTests(RegistryServer server)
{
    private static readonly string[] Attributes = ["specversion", "id", "source", "type", "subject", "time", "datacontenttype"];

    private readonly RegistryDriver _registry = server.Driver;

    [Fact]
    public async Task P5_a_webhook_is_told_of_its_models_events_in_order_signed_as_cloud_events()
    {
        await using var receiver = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var before = (await _registry.All($"/v1/models/{RegistryDriver.InPath(name)}/events")).Count;
        var made = await Create(receiver, $"\"model\":\"{name}\",\"description\":\"ci\"");
        var path = Path(made);
        Assert.Equal(path, made.Headers.Location!.ToString());
        await _registry.DeployPrimary(RegistryDriver.NewName());

        await _registry.Do("deactivate", id);
        await _registry.Do("activate", id);
        var events = (await _registry.All($"/v1/models/{RegistryDriver.InPath(name)}/events")).Skip(before).ToList();
        var deliveries = await receiver.Next(events.Count);

        Assert.All(deliveries, delivery => Assert.True(delivery.IsSignedWith(made["secret"]!)));
        Assert.Equal(deliveries.Select(delivery => delivery.Position).Order(), deliveries.Select(delivery => delivery.Position));
        foreach (var (delivery, listed) in deliveries.Zip(events))
        {
            Assert.True(JsonNode.DeepEquals(listed, delivery.Event["data"]), $"{listed} {delivery.Event["data"]}");
            Assert.Equal($"msg_{made["webhook.id"]}_{listed["id"]}", delivery.Id);
            Assert.Equal("application/cloudevents+json; charset=utf-8", delivery.ContentType);
            Assert.Matches(@"\AOrleansRegistry/\d+\.\d+\.\d+\S*\z", delivery.UserAgent);
            Assert.Equal(
                ["1.0", (string)listed["id"]!, "/v1/workspaces/default", (string)listed["type"]!, id, (string)listed["at"]!, "application/json"],
                Attributes.Select(field => (string)delivery.Event[field]!));
        }

        var view = await Until(path, webhook => webhook["last_event_id"] == (string)events[^1]["id"]!);
        Assert.Equal(("enabled", null, null, "ci"), (view["state"], view["failing_since"], view["next_attempt_at"], view["description"]));
        var attempts = (await _registry.Get(path + "/deliveries")).Is(200).Body!["deliveries"]!.AsArray();
        Assert.Equal(events.Select(listed => (string)listed["id"]!).Reverse(), attempts.Select(attempt => (string)attempt!["event_id"]!));
        Assert.All(attempts, attempt => Assert.Equal((204, null), ((int)attempt!["status"]!, (string?)attempt["error"])));
        Assert.Contains((await _registry.Get("/v1/webhooks")).Body!["items"]!.AsArray(), listed => (string)listed!["id"]! == made["webhook.id"]);
        Assert.DoesNotContain("whsec_", (await _registry.Get("/v1/webhooks")).Text, StringComparison.Ordinal);
        await _registry.Delete(path);
    }

    [Fact]
    public async Task Characters_that_json_takes_as_they_are_stand_so_in_a_delivery()
    {
        await using var receiver = await WebhookReceiver.Start();
        var made = await Create(receiver, "\"types\":[\"model.created\"]");
        var name = RegistryDriver.NewPlainName();

        await _registry.Deploy(name);

        Assert.Contains($"\"name\":\"{name}\"", Encoding.UTF8.GetString(Assert.Single(await receiver.Next(1)).Body.Span), StringComparison.Ordinal);
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task P5_a_receiver_that_fails_is_told_again_from_the_event_it_refused_and_holds_up_no_other()
    {
        await using var broken = await WebhookReceiver.Start();
        await using var well = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        broken.Answer = delivery => Task.FromResult(delivery.Type == EventType.VersionActivated ? 500 : 200);
        var made = await Create(broken, $"\"model\":\"{name}\"");
        var other = await Create(well, $"\"model\":\"{name}\"");

        await _registry.Do("deactivate", id);
        await _registry.Do("activate", id);
        await _registry.Patch($"/v1/model_versions/{id}", """{"description":"x"}""");
        var taken = await well.Next(4);

        var failing = await Until(Path(made), webhook => webhook["failing_since"] is not null);
        Assert.NotNull(failing["next_attempt_at"]);
        Assert.Equal("enabled", failing["state"]);
        var first = await broken.Next(broken.All.Count);
        Assert.Equal(EventType.VersionActivated, first[^1].Type);
        var last = (await _registry.Get(Path(made) + "/deliveries")).Body!["deliveries"]![0]!;
        Assert.Equal((500, "The receiver answered 500."), ((int)last["status"]!, (string)last["error"]!));

        // It is mended; a change has it tried at once.
        broken.Answer = _ => Task.FromResult(200);
        (await _registry.Patch(Path(made), """{"description":"mended"}""")).Is(200);
        var rest = await broken.Next(taken.Count - first.Count + 1);
        Assert.Equal(
            taken.Select(delivery => delivery.Position), first.SkipLast(1).Concat(rest).Select(delivery => delivery.Position));
        await Until(Path(made), webhook => webhook["failing_since"] is null);
        await _registry.Delete(Path(made));
        await _registry.Delete(Path(other));
    }

    [Fact]
    public async Task P5_what_a_slow_receiver_has_taken_is_seen_and_stored_while_it_takes_the_next()
    {
        await using var receiver = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var before = (await _registry.All($"/v1/models/{RegistryDriver.InPath(name)}/events")).Count;
        var made = await Create(receiver, $"\"model\":\"{name}\"");
        var release = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        receiver.Answer = _ => receiver.All.Count < 3 ? Task.FromResult(204) : release.Task;

        // One model's events, which come one after the other; the third is held.
        await _registry.Do("deactivate", id);
        await _registry.Do("activate", id);
        var events = (await _registry.All($"/v1/models/{RegistryDriver.InPath(name)}/events")).Skip(before).Select(happened => (string)happened["id"]!).ToList();
        await receiver.Next(3);

        var attempts = (await _registry.Get(Path(made) + "/deliveries")).Body!["deliveries"]!.AsArray().Select(attempt => (string)attempt!["event_id"]!);
        Assert.Equal([events[1], events[0]], attempts);
        await Until(Path(made), webhook => Position(webhook["last_event_id"]) is var at && at >= Position(events[1]) && at < Position(events[2]));

        release.SetResult(204);
        await Until(Path(made), webhook => webhook["last_event_id"] == events[^1]);
        attempts = (await _registry.Get(Path(made) + "/deliveries")).Body!["deliveries"]!.AsArray().Select(attempt => (string)attempt!["event_id"]!);
        Assert.Equal(events.AsEnumerable().Reverse(), attempts);
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task A_webhook_is_told_again_from_an_event_on_when_asked()
    {
        await using var receiver = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        await _registry.DeployPrimary(name);
        var events = await _registry.All($"/v1/models/{RegistryDriver.InPath(name)}/events");
        var made = await Create(receiver, $"\"model\":\"{name}\",\"types\":[\"version.published\",\"primary.changed\"]");
        var from = (string)events[1]["id"]!;

        (await _registry.Post($"{Path(made)}/redeliver?from={from}")).Is(200);
        var once = await receiver.Next(2);
        (await _registry.Post($"{Path(made)}/redeliver?from={from}")).Is(200);
        var twice = await receiver.Next(2);

        Assert.Equal([EventType.VersionPublished, EventType.PrimaryChanged], once.Select(delivery => delivery.Type));
        Assert.Equal(once.Select(delivery => delivery.Id), twice.Select(delivery => delivery.Id));
        (await _registry.Post($"{Path(made)}/redeliver")).IsInvalid("from");
        (await _registry.Post($"{Path(made)}/redeliver?from=0")).IsInvalid("from");
        (await _registry.Post($"{Path(made)}/redeliver?from=999999999999")).IsInvalid("from");
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task An_empty_list_of_types_is_refused_and_null_is_all_of_them()
    {
        var made = (await _registry.Post("/v1/webhooks", """{"url":"http://host.invalid","types":["workspace.created"]}""")).Is(201);

        (await _registry.Patch(Path(made), """{"types":[]}""")).IsInvalid("types");
        Assert.Single((await _registry.Get(Path(made))).Body!["types"]!.AsArray());
        Assert.Null((await _registry.Patch(Path(made), """{"types":null}""")).Is(200)["types"]);
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task Both_secrets_sign_after_a_rotation()
    {
        await using var receiver = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var made = await Create(receiver, $"\"model\":\"{name}\",\"types\":[\"version.updated\"]");

        var rotated = (await _registry.Post(Path(made) + "/rotate_secret")).Is(200);
        await _registry.Patch($"/v1/model_versions/{id}", """{"description":"x"}""");
        var delivery = Assert.Single(await receiver.Next(1));

        Assert.NotEqual(made["secret"], rotated["secret"]);
        Assert.NotNull(rotated["previous_secret_expires_at"]);
        Assert.True(delivery.IsSignedWith(rotated["secret"]!));
        Assert.True(delivery.IsSignedWith(made["secret"]!));
        Assert.False(delivery.IsSignedWith("whsec_" + Convert.ToBase64String(new byte[32])));
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task A_secret_that_is_rotated_while_deliveries_go_on_signs_the_next_one()
    {
        await using var receiver = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var made = await Create(receiver, $"\"model\":\"{name}\"");
        var events = (await _registry.All($"/v1/models/{RegistryDriver.InPath(name)}/events")).Select(happened => (string)happened["id"]!).ToList();
        var release = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        receiver.Answer = _ => receiver.All.Count > 1 ? Task.FromResult(204) : release.Task;

        // All of them in one page of events, of which the first is held.
        (await _registry.Post($"{Path(made)}/redeliver?from={events[0]}")).Is(200);
        await receiver.Next(1);
        var rotated = (await _registry.Post(Path(made) + "/rotate_secret")).Is(200);
        release.SetResult(204);

        Assert.All(await receiver.Next(events.Count - 1), delivery => Assert.True(delivery.IsSignedWith(rotated["secret"]!)));
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task A_webhook_that_is_disabled_goes_on_where_it_stopped_and_one_that_is_deleted_never_does()
    {
        await using var receiver = await WebhookReceiver.Start();
        await using var gone = await WebhookReceiver.Start();
        await using var witness = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        var made = await Create(receiver, $"\"model\":\"{name}\"");
        var deleted = await Create(gone, $"\"model\":\"{name}\"");
        var other = await Create(witness, $"\"model\":\"{name}\"");
        Assert.Equal("disabled", (await _registry.Patch(Path(made), """{"state":"disabled"}""")).Is(200)["state"]);
        Assert.Equal(deleted["webhook.id"], (await _registry.Delete(Path(deleted))).Is(200)["id"]);

        await _registry.Patch($"/v1/model_versions/{id}", """{"description":"x"}""");
        var told = Assert.Single(await witness.Next(1));
        Assert.Empty(receiver.All);
        await _registry.Patch(Path(made), """{"state":"enabled"}""");

        Assert.Equal(told.Position, Assert.Single(await receiver.Next(1)).Position);
        Assert.Empty(gone.All);
        (await _registry.Get(Path(deleted))).IsProblem(404, ErrorCode.WebhookNotFound);
        (await _registry.Delete(Path(deleted))).IsProblem(404, ErrorCode.WebhookNotFound);
        (await _registry.Patch(Path(deleted), """{"state":"enabled"}""")).IsProblem(404, ErrorCode.WebhookNotFound);
        (await _registry.Post(Path(deleted) + "/rotate_secret")).IsProblem(404, ErrorCode.WebhookNotFound);
        await _registry.Delete(Path(made));
        await _registry.Delete(Path(other));
    }

    [Fact]
    public async Task A_receiver_that_says_it_is_gone_is_disabled_and_one_that_redirects_is_not_followed()
    {
        await using var receiver = await WebhookReceiver.Start();
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        receiver.Answer = _ => Task.FromResult(302);
        var made = await Create(receiver, $"\"model\":\"{name}\"");

        await _registry.Patch($"/v1/model_versions/{id}", """{"description":"x"}""");
        await Until(Path(made), webhook => webhook["failing_since"] is not null);
        Assert.Single(receiver.All);
        receiver.Answer = _ => Task.FromResult(410);
        await _registry.Patch(Path(made), """{"description":"x"}""");

        var disabled = await Until(Path(made), webhook => webhook["state"] == "disabled");
        Assert.Equal("The receiver answered 410: it is gone.", disabled["disabled_reason"]);
        Assert.Null((await _registry.Patch(Path(made), """{"state":"enabled"}""")).Is(200)["disabled_reason"]);
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task A_webhook_leads_to_no_address_that_the_registry_may_not_connect_to()
    {
        var name = RegistryDriver.NewName();
        var id = (await _registry.DeployPrimary(name))["id"]!;
        (await _registry.Post("/v1/webhooks", $$"""{"url":"http://169.254.169.254/latest","model":"{{name}}"}""")).IsInvalid("url");
        var made = (await _registry.Post("/v1/webhooks", $$"""{"url":"http://host.invalid","model":"{{name}}"}""")).Is(201);
        (await _registry.Patch(Path(made), """{"url":"http://[::ffff:169.254.169.254]/latest"}""")).IsInvalid("url");
        // Past the gateway, as a node of an earlier release has stored it.
        var moved = await server.Grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook(GrainKeys.DefaultWorkspace, made["webhook.id"]!)).Patch(new PatchWebhookCommand
        {
            Context = new CommandContext { CommandId = Guid.NewGuid(), Actor = "test", Deadline = DateTimeOffset.UtcNow + CommandContext.Lifetime },
            Url = "http://169.254.169.254/latest",
        });
        Assert.Null(moved.Error);

        await _registry.Patch($"/v1/model_versions/{id}", """{"description":"x"}""");
        await Until(Path(made), webhook => webhook["failing_since"] is not null);

        var attempt = (await _registry.Get(Path(made) + "/deliveries")).Body!["deliveries"]![0]!;
        Assert.Null(attempt["status"]);
        Assert.Equal("The URL leads to an address that the registry is not allowed to connect to.", (string)attempt["error"]!);
        await _registry.Delete(Path(made));
    }

    [Fact]
    public async Task P5_a_slow_receiver_is_told_of_other_models_meanwhile()
    {
        await using var receiver = await WebhookReceiver.Start();
        var slow = RegistryDriver.NewName();
        var quick = RegistryDriver.NewName();
        var slowId = (await _registry.Deploy(slow))["id"]!;
        var quickId = (await _registry.Deploy(quick))["id"]!;
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        receiver.Answer = delivery => (string)delivery.Event["subject"]! == slowId ? answer.Task : Task.FromResult(200);
        var made = await Create(receiver, "\"types\":[\"version.updated\"]");
        (await _registry.Patch(Path(made), """{"state":"disabled"}""")).Is(200);
        await _registry.Patch($"/v1/model_versions/{slowId}", """{"description":"1"}""");
        await _registry.Patch($"/v1/model_versions/{slowId}", """{"description":"2"}""");
        await _registry.Patch($"/v1/model_versions/{quickId}", """{"description":"1"}""");
        await _registry.Patch($"/v1/model_versions/{quickId}", """{"description":"2"}""");
        (await _registry.Patch(Path(made), """{"state":"enabled"}""")).Is(200);

        var first = (await receiver.Next(3)).Select(delivery => (string)delivery.Event["subject"]!).ToList();
        Assert.Equal((1, 2), (first.Count(subject => subject == slowId), first.Count(subject => subject == quickId)));
        answer.SetResult(200);

        Assert.Equal(slowId, (string)Assert.Single(await receiver.Next(1)).Event["subject"]!);
        await _registry.Delete(Path(made));
    }

    [Theory]
    [InlineData("""{}""", "url")]
    [InlineData("""{"url":"ftp://x"}""", "url")]
    [InlineData("""{"url":"http://user:secret@host/"}""", "url")]
    [InlineData("""{"url":"http://host","types":["nothing"]}""", "types")]
    [InlineData("""{"url":"http://host","types":["version.ready","version.ready"]}""", "types")]
    [InlineData("""{"url":"http://host","types":[null]}""", "types[0]")]
    [InlineData("""{"url":"http://host","types":["version.ready",5]}""", "types[1]")]
    [InlineData("""{"url":"http://host","types":"version.ready"}""", "types")]
    [InlineData("""{"url":"http://host","secret":"x"}""", "secret")]
    [InlineData("""{"url":null}""", "url")]
    [InlineData("""{"url":"http://host","types":[]}""", "types")]
    [InlineData("""{"url":"","types":[],"model":5}""", "model", "types", "url")]
    public async Task A_webhook_that_is_not_valid_is_refused_by_field(string body, params string[] fields)
    {
        var before = (await _registry.Get("/v1/webhooks")).Text;

        (await _registry.Post("/v1/webhooks", body)).IsInvalid(fields);

        Assert.Equal(before, (await _registry.Get("/v1/webhooks")).Text);
    }

    [Fact]
    public async Task What_is_not_there_is_said_by_name()
    {
        (await _registry.Post("/v1/webhooks", """{"url":"http://host","model":"nothing here"}""")).IsProblem(404, ErrorCode.ModelNotFound);
        (await _registry.Get("/v1/webhooks/0000000000")).IsProblem(404, ErrorCode.WebhookNotFound);
        (await _registry.Get("/v1/webhooks/face")).IsProblem(404, ErrorCode.WebhookNotFound);
        (await _registry.Get("/v1/webhooks/0000000000/deliveries")).IsProblem(404, ErrorCode.WebhookNotFound);
        (await _registry.Post("/v1/webhooks/0000000000/redeliver?from=1")).IsProblem(404, ErrorCode.WebhookNotFound);
    }

    private static string Path(Reply made) => string.Create(CultureInfo.InvariantCulture, $"/v1/webhooks/{made["webhook.id"]}");

    private async Task<Reply> Create(WebhookReceiver receiver, string fields) =>
        (await _registry.Post("/v1/webhooks", $$"""{"url":"{{receiver.Url}}",{{fields}}}""")).Is(201);

    /// <summary>Asks until it is so.</summary>
    private static long Position(string? eventId) => long.Parse(eventId!, CultureInfo.InvariantCulture);

    private async Task<Reply> Until(string path, Func<Reply, bool> isSo)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var reply = (await _registry.Get(path)).Is(200);
            if (isSo(reply))
            {
                return reply;
            }

            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

[Collection(OnSqlite.Name)]
public sealed class WebhooksOnSqliteTests(SqliteServer server) : WebhookTests(server);

[Trait("Database", "PostgreSQL")]
[Collection(OnPostgres.Name)]
public sealed class WebhooksOnPostgresTests(PostgresServer server) : WebhookTests(server);
