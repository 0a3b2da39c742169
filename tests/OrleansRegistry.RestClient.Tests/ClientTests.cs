using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Testing;

namespace OrleansRegistry.RestClient.Tests;

/// <summary>What a program does with the client, on a real node.</summary>
public sealed class ClientTests(Node node)
{
    [Fact]
    public async Task A_model_is_deployed_called_promoted_and_rolled_back()
    {
        await using var model = await PlayedServer.Start((context, body) => PlayedServer.Json(context, $$"""{"got":{{body}}}"""));
        var name = node.NewName();
        var registry = node.Registry;
        var first = await registry.Deploy(Serving(name, model, publish: true));
        var second = await registry.Deploy(Serving(name, model));
        Assert.Equal(("0.1.0", "0.2.0", "draft"), (first.Version, second.Version, second.State));

        var answer = await registry.Predict(name, CallContent.Json("[1]"));
        Assert.Equal(("""{"got":[1]}""", "0.1.0", first.Id, "primary"), (answer.ReadJson().GetRawText(), answer.Number, answer.VersionId, answer.ResolvedBy));
        Assert.Equal(
            "0.2.0",
            (await registry.Predict(name, CallContent.Json("[1]"), new PredictParameters { ModelVersion = second.Id })).Number);

        var publish = await registry.Publish(second.Id, new PublishRequest { Promote = true, From = first.Id });
        Assert.Equal((first.Id, second.Id), (publish.PrimaryChange!.From, publish.PrimaryChange.To));
        Assert.Equal(
            first.Id,
            (await registry.Rollback(name, new RollbackRequest { From = second.Id })).PrimaryChange!.To);
        Assert.Equal(first.Id, (await registry.FindVersion(name)).Id);
        Assert.Equal(second.Id, (await registry.FindVersion(name + "@0.2.0")).Id);
        Assert.Equal(second.Id, (await registry.FindVersion(name + "@^0.2")).Id);
        Assert.Equal(second.Id, (await registry.FindVersion(second.Id)).Id);
        await registry.SetAlias(name, "staging", new SetAliasRequest { Version = first.Id, From = null });
        Assert.Equal(first.Id, (await registry.FindVersion(name + "@staging")).Id);
        Assert.Equal(first.Id, Assert.Single((await registry.GetModel(name)).Aliases).VersionId);
        Assert.Equal("v1", VersionReference.Parse("iris@v1").Selector);

        var dry = await registry.Deactivate(second.Id, parameters: new DeactivateParameters { DryRun = true });
        Assert.Equal(1, dry.Traffic!.Calls);
        Assert.Equal("inactive", (await registry.Deactivate(second.Id)).Version.State);
        await Assert.ThrowsAsync<VersionInactiveException>(() => registry.PredictVersion(second.Id, CallContent.Empty));
    }

    [Fact]
    public async Task A_stale_entity_tag_is_refused()
    {
        var version = await node.Registry.Deploy(new Deployment { ModelName = node.NewName() });
        var read = await node.Registry.GetVersion(version.Id);
        var patch = new PatchVersionRequest { Description = "new" };
        var parameters = new PatchVersionParameters { IfMatch = read.EntityTag };
        Assert.Equal("new", (await node.Registry.PatchVersion(version.Id, patch, parameters)).Description);

        await Assert.ThrowsAsync<RevisionMismatchException>(() =>
            node.Registry.PatchVersion(version.Id, new PatchVersionRequest { Description = "newer" }, parameters));
    }

    [Fact]
    public async Task A_wait_ends_when_the_version_is_ready_and_when_its_start_has_failed()
    {
        var isUp = new TaskCompletionSource();
        await using var model = await PlayedServer.Start(async (context, _) =>
        {
            await isUp.Task;
            await PlayedServer.Json(context, "{}");
        });
        var starting = await node.Registry.Deploy(Serving(node.NewName(), model, health: "/health"));
        var waiting = node.Registry.WaitForVersion(starting.Id, TimeSpan.FromMinutes(1));
        Assert.False(waiting.IsCompleted);
        isUp.SetResult();
        Assert.Equal("ready", (await waiting).Serving!.Status);

        var broken = await node.Registry.Deploy(new Deployment
        {
            ModelName = node.NewName(),
            Serving = new ServingSpec
            {
                Url = "http://127.0.0.1:9/",
                HealthUrl = "http://127.0.0.1:9/health",
                StartupTimeoutSeconds = 1,
            },
        });
        var failed = await Assert.ThrowsAsync<StartFailedException>(
            () => node.Registry.WaitForVersion(broken.Id, TimeSpan.FromMinutes(1)));
        Assert.Equal((broken.Id, "failed"), (failed.Version.Id, failed.Version.Serving!.Status));
    }

    [Fact]
    public async Task A_stream_comes_in_parts()
    {
        await using var model = await PlayedServer.Start(async (context, body) =>
        {
            context.Response.ContentType = body == "lines" ? "application/x-ndjson" : "text/event-stream";
            await context.Response.WriteAsync(
                body == "lines"
                    ? "{\"a\":1}\n\n{\"a\":2}\n"
                    : "data: {\"a\":1}\n\ndata: b\ndata: c\n\ndata: [DONE]\n\ndata: no\n\n");
        });
        var version = await node.Registry.Deploy(Serving(node.NewName(), model, publish: true));

        await using var events = await node.Registry.PredictStream(version.ModelName, CallContent.Json("{}"));
        Assert.Equal(["""{"a":1}""", "b\nc"], await events.ReadParts().ToListAsync());
        Assert.Equal(version.Version, events.Number);

        await using var lines = await node.Registry.PredictVersionStream(
            version.Id,
            new CallContent("lines"u8.ToArray(), "text/plain"));
        Assert.Equal(["""{"a":1}""", """{"a":2}"""], await lines.ReadParts().ToListAsync());
    }

    [Fact]
    public async Task Events_are_followed_over_broken_connections()
    {
        using var proxy = new FaultProxy(node.Url.Port);
        using var client = Node.Through(proxy, Fault.CutRequest, Fault.Read);
        var name = node.NewName();
        await node.Registry.Deploy(new Deployment { ModelName = name });
        List<string> seen = [];

        await foreach (var item in client.FollowEvents(name))
        {
            seen.Add(item.Type);
            if (seen.Count == 2)
            {
                await node.Registry.Deploy(new Deployment { ModelName = name, Publish = true });
            }

            if (item.Type == EventTypeValues.PrimaryChanged)
            {
                break;
            }
        }

        Assert.Equal(await node.Registry.ListModelEvents(name).Select(item => item.Type).ToListAsync(), seen);
    }

    [Fact]
    public async Task A_statement_comes_as_csv_and_anything_can_be_sent()
    {
        // Before the first version: nothing of it lacks a rate.
        var csv = await node.Registry.GetStatementCsv("2026-01");
        Assert.Contains("BilledCost", csv.Split('\n')[0], StringComparison.Ordinal);

        await using var answer = await node.Registry.SendAny(HttpMethod.Get, "/v1/models?page_size=1");
        using var reader = new StreamReader(answer.Content, Encoding.UTF8);
        Assert.StartsWith("{\"items\":[", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(
            () => node.Registry.SendAny(HttpMethod.Get, "//elsewhere.example/"));
    }

    [Fact]
    public async Task A_service_takes_the_client_from_its_services()
    {
        var services = new ServiceCollection();
        services.AddRegistryRestClient(options => (options.Url, options.ApiKey) = (node.Url, Node.Key));
        await using var provider = services.BuildServiceProvider();

        var name = node.NewName();
        await provider.GetRequiredService<RegistryRestClient>().Deploy(new Deployment { ModelName = name });

        Assert.Equal(name, (await provider.GetRequiredService<RegistryRestClient>().GetModel(name)).Name);
    }

    [Fact]
    public async Task The_protocols_of_others_are_answered()
    {
        await using var model = await PlayedServer.Start("""{"outputs":[]}""");
        var version = await node.Registry.Deploy(Serving(node.NewName(), model, publish: true));

        Assert.True(await node.Registry.IsInferenceLive());
        Assert.True(await node.Registry.IsInferenceModelReady(version.ModelName));
        Assert.Equal("""{"outputs":[]}""", (await node.Registry.Infer(version.ModelName, CallContent.Json("""{"inputs":[]}"""))).ReadJson().GetRawText());
        await Assert.ThrowsAsync<ModelNotFoundException>(() => node.Registry.IsInferenceModelReady("nobody's"));
    }

    private static Deployment Serving(string name, PlayedServer model, bool publish = false, string? health = null) =>
        new()
        {
            ModelName = name,
            Publish = publish,
            Serving = health is null
                ? new ServingSpec { Url = new Uri(model.Url, "/predict").AbsoluteUri }
                : new ServingSpec
                {
                    Url = new Uri(model.Url, "/predict").AbsoluteUri,
                    HealthUrl = new Uri(model.Url, health).AbsoluteUri,
                },
        };
}
