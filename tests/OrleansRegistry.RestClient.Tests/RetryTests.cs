using System.Globalization;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>Rule C1: retries never do a thing twice.</summary>
public sealed class RetryTests(Node node)
{
    private static readonly int Seeds = int.Parse(
        Environment.GetEnvironmentVariable("REGISTRY_TEST_FAULT_SEEDS") ?? "20",
        CultureInfo.InvariantCulture);

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>()];

    public static TheoryData<int> AllSeeds => [.. Enumerable.Range(0, Seeds)];

    [Theory]
    [MemberData(nameof(AllSeeds))]
    public async Task Client_C1_deploy_makes_exactly_one_version(int seed)
    {
        var name = node.NewName();
        var dice = new Random(seed);
        using var proxy = new FaultProxy(node.Url.Port, seed);
        var options = Node.OptionsFor(proxy.Url);
        options.Timeout = TimeSpan.FromSeconds(0.6);
        using var client = Node.ClientOf(options);
        for (var number = 1; number <= 4; number++)
        {
            List<Fault> faults = [.. Enumerable.Range(0, dice.Next(7)).Select(_ => dice.GetItems(Enum.GetValues<Fault>(), 1)[0])];
            faults.ForEach(fault => proxy.Plan.Enqueue(fault));
            string? key = null;
            ModelVersion? made = null;
            while (made is null)
            {
                try
                {
                    made = await client.Deploy(
                        new Deployment { ModelName = name },
                        new DeployParameters { IdempotencyKey = key });
                }
                catch (OutcomeUnknownException unknown)
                {
                    key = unknown.IdempotencyKey;
                    Assert.NotNull(key);
                }
                catch (RegistryException error)
                {
                    // Nothing has been done, whatever was tried: a new key is as good.
                    Assert.False(
                        faults.Exists(FaultProxy.Forwarded.Contains),
                        $"{error.Message} after {string.Join(", ", faults)}");
                    key = null;
                }
            }

            Assert.Equal($"0.{number}.0", made.Version);
            var versions = await node.Registry.ListVersions(name).ToListAsync();
            Assert.Equal((made.Id, number), (versions[0].Id, versions.Count));
            proxy.Plan.Clear();
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_a_read_is_repeated_after_every_fault(Fault fault)
    {
        var name = (await Deploy()).ModelName;
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault, fault);

        Assert.Equal(name, (await client.GetModel(name)).Name);

        Assert.Equal(3, proxy.Seen.Count);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_publish_is_repeated_since_a_second_time_changes_nothing(Fault fault)
    {
        var draft = await Deploy();
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault);

        var answer = await client.Publish(draft.Id);

        Assert.Equal(("published", true), (answer.Version.State, answer.Version.IsPrimary));
        Assert.Equal(!FaultProxy.Forwarded.Contains(fault), answer.Changed);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_promote_without_from_is_sent_once(Fault fault)
    {
        var version = await Deploy();
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault);
        if (fault == Fault.Limited)
        {
            Assert.True((await client.Promote(version.Id)).Changed);
            return;
        }

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(() => client.Promote(version.Id));

        await proxy.WhenAnswered();
        Assert.Single(proxy.Seen);
        Assert.False(unknown.IsRetryable);
        Assert.Equal(FaultProxy.Forwarded.Contains(fault), (await node.Registry.GetVersion(version.Id)).IsPrimary);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_promote_with_from_succeeds_also_when_its_answer_was_lost(Fault fault)
    {
        var old = await Deploy(publish: true);
        var version = await Deploy(old.ModelName);
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault);

        var answer = await client.Promote(version.Id, new PromoteRequest { From = old.Id });

        Assert.Equal(!FaultProxy.Forwarded.Contains(fault), answer.Changed);
        Assert.True((await node.Registry.GetVersion(version.Id)).IsPrimary);
    }

    [Fact]
    public async Task Client_C1_promote_with_from_says_that_it_does_not_know_when_somebody_else_was_first()
    {
        var old = await Deploy(publish: true);
        var other = await Deploy(old.ModelName);
        var version = await Deploy(old.ModelName);
        await node.Registry.Promote(other.Id);
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, Fault.Read);

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => client.Promote(version.Id, new PromoteRequest { From = old.Id }));

        Assert.IsType<PrimaryMovedException>(unknown.InnerException);
    }

    [Fact]
    public async Task Client_C1_a_refusal_without_a_doubt_is_the_refusal()
    {
        var version = await Deploy();
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, Fault.Limited);

        await Assert.ThrowsAsync<PrimaryMovedException>(
            () => client.Promote(version.Id, new PromoteRequest { From = version.Id }));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_delete_succeeds_also_when_its_answer_was_lost(Fault fault)
    {
        var last = await Deploy();
        var version = await Deploy(last.ModelName);
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault);

        var answer = await client.DeleteVersion(version.Id);
        Assert.Equal(("deleted", false), (answer.Version.State, answer.ModelDeleted));

        proxy.Plan.Enqueue(fault);
        Assert.True((await client.DeleteVersion(last.Id)).ModelDeleted);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_deleting_a_model_or_a_webhook_succeeds_also_when_its_answer_was_lost(Fault fault)
    {
        var version = await Deploy();
        var webhook = (await node.Registry.CreateWebhook(new CreateWebhookRequest { Url = "http://127.0.0.1:9/" })).Webhook;
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault);

        Assert.True((await client.DeleteModel(version.ModelId)).Deleted);

        proxy.Plan.Enqueue(fault);
        await client.DeleteWebhook(webhook.Id);
        await Assert.ThrowsAsync<WebhookNotFoundException>(() => node.Registry.GetWebhook(webhook.Id));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_what_draws_a_secret_is_sent_once(Fault fault)
    {
        var name = node.NewName();
        var body = new CreateApiKeyRequest { Name = name, Role = RoleValues.Viewer };
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault);
        if (fault == Fault.Limited)
        {
            await client.CreateApiKey(body);
        }
        else
        {
            await Assert.ThrowsAsync<OutcomeUnknownException>(() => client.CreateApiKey(body));
            await proxy.WhenAnswered();
            Assert.Single(proxy.Seen);
        }

        var made = await node.Registry.ListApiKeys().CountAsync(key => key.Name == name);
        Assert.Equal(FaultProxy.Forwarded.Contains(fault) || fault == Fault.Limited ? 1 : 0, made);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Client_C1_a_call_reaches_the_model_at_most_once(Fault fault)
    {
        await using var model = await PlayedServer.Start("""{"label":"a model"}""");
        var version = await Deploy(serving: model.Url, publish: true);
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, fault);
        Task<Prediction> Predict() => client.Predict(version.ModelName, CallContent.Json("""{"x":1}"""));
        if (fault == Fault.Limited)
        {
            Assert.Equal("a model", (await Predict()).ReadJson().GetProperty("label").GetString());
        }
        else
        {
            var error = await Assert.ThrowsAnyAsync<RegistryException>(Predict);
            var isAnswered = fault is Fault.Unavailable or Fault.UnavailableAfter or Fault.BadGatewayAfter or Fault.TimeoutAfter;
            Assert.Equal(!isAnswered, error is OutcomeUnknownException);
            await proxy.WhenAnswered();
            Assert.Single(proxy.Seen);
        }

        Assert.Equal(FaultProxy.Forwarded.Contains(fault) || fault == Fault.Limited ? 1 : 0, model.Received.Count);
    }

    [Fact]
    public async Task Client_C1_a_call_is_repeated_while_its_version_starts_and_when_it_was_not_sent()
    {
        string[] problems =
        [
            """{"status":503,"code":"version_starting","detail":"It starts."}""",
            """{"status":502,"code":"backend_unreachable","detail":"Never connected.","sent":false}""",
            """{"status":502,"code":"backend_unreachable","detail":"Broke off.","sent":true}""",
        ];
        var asked = 0;
        await using var registry = await PlayedServer.Start((context, _) =>
            PlayedServer.Json(context, problems[asked], asked++ == 0 ? 503 : 502));
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));

        await Assert.ThrowsAsync<BackendUnreachableException>(() => client.Predict("m", CallContent.Empty));

        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Client_C1_nothing_is_repeated_beyond_the_number_of_retries()
    {
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, [.. Enumerable.Repeat(Fault.Unavailable, 9)]);

        await Assert.ThrowsAsync<UnavailableException>(() => client.GetRates());

        Assert.Equal(4, proxy.Seen.Count);
    }

    [Fact]
    public async Task Client_C1_unsent_requests_are_repeated_whatever_they_are()
    {
        var options = Node.OptionsFor(new Uri($"http://127.0.0.1:{RegistryProcess.FreePort()}"));
        var retries = 0;
        options.OnRetry = _ => retries++;
        using var client = Node.ClientOf(options);

        var error = await Assert.ThrowsAsync<ConnectionFailedException>(
            () => client.CreateWebhook(new CreateWebhookRequest { Url = "http://127.0.0.1:9/" }));

        Assert.Equal((false, 3), (error.IsSent, retries));
    }

    /// <summary>The handler below must not repeat a command by itself when an idle connection was closed under
    /// it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_C1_a_command_on_a_connection_that_was_used_before_is_sent_once(bool hasBody)
    {
        await using var registry = await PlayedServer.Start(async (context, _) =>
        {
            if (context.Request.Method == "GET")
            {
                await PlayedServer.Json(context, "{}");
                return;
            }

            context.Abort();
        });
        using var client = Node.ClientOf(Node.OptionsFor(registry.Url));
        await client.GetRates();

        await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => client.Promote("a-1", hasBody ? new PromoteRequest() : null));

        Assert.Equal(2, registry.Received.Count);
    }

    [Fact]
    public async Task Client_C1_the_key_of_a_deployment_stays_the_same_over_its_tries()
    {
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, Fault.Swallowed, Fault.Read);
        var body = new Deployment { ModelName = node.NewName() };

        await client.Deploy(body);
        await client.Deploy(body);

        var keys = proxy.Seen.Select(seen => seen.Head.Split("\r\n").Single(line => line.StartsWith("Idempotency-Key", StringComparison.Ordinal))).ToList();
        Assert.Equal((4, 2), (keys.Count, keys.Distinct().Count()));
        Assert.Single(keys.Take(3).Distinct());
    }

    [Fact]
    public async Task Client_C1_a_dry_run_is_repeated_like_a_read()
    {
        var version = await Deploy();
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, Fault.Swallowed);

        Assert.True((await client.Promote(version.Id, parameters: new PromoteParameters { DryRun = true })).Changed);

        Assert.False((await node.Registry.GetVersion(version.Id)).IsPrimary);
    }

    private Task<ModelVersion> Deploy(string? name = null, bool publish = false, Uri? serving = null)
    {
        var body = new Deployment { ModelName = name ?? node.NewName(), Publish = publish };
        if (serving is not null)
        {
            body.Serving = new ServingSpec { Url = new Uri(serving, "/predict").AbsoluteUri };
        }

        return node.Registry.Deploy(body);
    }
}
