using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansRegistry.Host.Tests.Infrastructure;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>
/// The real executable under load, killed with SIGKILL again and again. What it had acknowledged must be there afterwards; what it had
/// not answered may be there or not, but whole.
/// </summary>
public abstract class KillTests(ITestOutputHelper output)
{
    private const int Kills = 20;
    private const int Owners = 6;
    private const int Deployers = 4;

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(2);

    /// <summary>An empty database.</summary>
    private protected abstract Task<TestDatabase> EmptyDatabase();

    [Fact]
    public async Task E1_B4_P5_every_acknowledged_command_survives_twenty_kills_is_billed_to_the_millisecond_and_told_of()
    {
        await using var database = await EmptyDatabase();
        var settings = NodeSettings.On(database);
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var owners = Enumerable.Range(0, Owners).Select(index => new ModelOwner($"Model {index}", new Random(random.Next()))).ToArray();
        var deployers = Enumerable.Range(0, Deployers).Select(index => new SharedDeployer("Shared model", $"deployer-{index}")).ToArray();

        var watcher = new EventWatcher();
        await using var receiver = await WebhookReceiver.Start();
        var untold = 0L;

        for (var kill = 0; kill <= Kills; kill++)
        {
            var (process, client) = await RegistryProcess.Start(settings);
            using (process)
            using (client)
            {
                if (kill == 0)
                {
                    var webhook = await client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = receiver.Url });
                    Assert.Equal(HttpStatusCode.Created, webhook.Status);
                    untold = long.Parse((string)webhook.Body!["webhook"]!["last_event_id"]!, CultureInfo.InvariantCulture);
                }

                foreach (var owner in owners)
                {
                    await owner.Verify(client);
                }

                if (kill == Kills)
                {
                    await FinishAndCheckNumbers(client, deployers);
                    foreach (var owner in owners)
                    {
                        await owner.VerifyUsage(client);
                    }

                    await CheckEvents(client, watcher, receiver, untold);
                    break;
                }

                await LoadUntilKilled(process, client, owners, deployers, watcher, new Fuse(random.Next(5, 150)));
            }
        }

        output.WriteLine(
            $"{owners.Sum(owner => owner.Acknowledged)} acknowledged, {owners.Sum(owner => owner.Refused)} refused, "
            + $"{owners.Sum(owner => owner.Unknown)} unknown of which {owners.Sum(owner => owner.UnknownInEffect)} were in effect; "
            + $"{deployers.Sum(deployer => deployer.Acknowledged)} shared deployments");
        Assert.True(owners.Sum(owner => owner.Acknowledged) > Kills, "The load was too light to show anything.");
        var (exitCode, report) = await RegistryProcess.RunToEnd(settings, "check");
        Assert.True(exitCode == 0, report);
    }

    /// <summary>The moment is when so many requests have been sent, with others in flight: nobody waits for a clock.</summary>
    private static async Task LoadUntilKilled(
        RegistryProcess process, HttpClient client, ModelOwner[] owners, SharedDeployer[] deployers, EventWatcher watcher, Fuse fuse)
    {
        Task[] work = [watcher.Watch(client), .. owners.Select(owner => owner.Work(client, fuse)), .. deployers.Select(deployer => deployer.Work(client, fuse))];
        await fuse.Burnt;
        await process.Kill();
        await Task.WhenAll(work);
    }

    /// <summary>A reader of the stream saw each event once, in order; the webhook was told of each at least once, each model's in order.</summary>
    private static async Task CheckEvents(HttpClient client, EventWatcher watcher, WebhookReceiver receiver, long untold)
    {
        var events = await client.ReadAll("/v1/events");
        var ids = events.Select(happened => long.Parse((string)happened["id"]!, CultureInfo.InvariantCulture)).ToList();
        await watcher.Watch(client, ids[^1]).WaitAsync(WaitTimeout);
        Assert.Equal(ids, watcher.Seen);

        ids.RemoveAll(id => id <= untold);
        var told = new HashSet<long>();
        while (told.Count < ids.Count)
        {
            told.Add((await receiver.Next(1))[0].Position);
        }

        Assert.Equal(ids.ToHashSet(), told);
        foreach (var model in receiver.All.GroupBy(delivery => (string?)delivery.Event["data"]!["model_id"]))
        {
            var first = model.Select(delivery => delivery.Position).Distinct().ToList();
            Assert.Equal(first.Order(), first);
        }
    }

    private static async Task FinishAndCheckNumbers(HttpClient client, SharedDeployer[] deployers)
    {
        foreach (var deployer in deployers)
        {
            await deployer.Finish(client);
        }

        var model = (await client.Read("/v1/models?name=Shared%20model"))["items"]![0]!;
        var versions = await client.ReadAll($"/v1/models/{model["id"]}/versions");
        var numbers = versions.Select(version => (string)version["version"]!).ToHashSet();
        var keys = deployers.Sum(deployer => deployer.Acknowledged);
        Assert.Equal(keys, versions.Count);
        Assert.Equal(Enumerable.Range(1, keys).Select(minor => $"0.{minor}.0").ToHashSet(), numbers);
        Assert.Equal(deployers.SelectMany(deployer => deployer.Ids).ToHashSet(), versions.Select(version => (string)version["id"]!).ToHashSet());
    }
}

/// <summary>Burns down with every request that is sent.</summary>
internal sealed class Fuse(int length)
{
    private readonly TaskCompletionSource _burnt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = length;

    public Task Burnt => _burnt.Task;

    public void Burn()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _burnt.SetResult();
        }
    }
}

/// <summary>Deploys one name beside others, each deployment with a key of its own, repeated until it is acknowledged.</summary>
internal sealed class SharedDeployer(string name, string prefix)
{
    private readonly List<string> _ids = [];

    /// <summary>What its idempotency keys begin with; the number of the deployment follows.</summary>
    public string Prefix => prefix;

    public int Acknowledged => _ids.Count;

    public IReadOnlyList<string> Ids => _ids;

    public async Task Work(HttpClient client, Fuse fuse)
    {
        while (await Deploy(client, fuse))
        {
        }
    }

    public async Task Finish(HttpClient client) => Assert.True(await Deploy(client, new Fuse(1)));

    private async Task<bool> Deploy(HttpClient client, Fuse fuse)
    {
        fuse.Burn();
        var reply = await client.Call(
            HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = name }, $"{prefix}-{_ids.Count}");
        if (reply.Fate is Fate.Unknown or Fate.NotSent)
        {
            return false;
        }

        Assert.Equal(HttpStatusCode.Created, reply.Status);
        _ids.Add((string)reply.Body!["id"]!);
        return true;
    }
}

public sealed class SqliteKillTests(ITestOutputHelper output) : KillTests(output)
{
    private protected override Task<TestDatabase> EmptyDatabase() => Task.FromResult(TestDatabase.Sqlite());
}

[Trait("Database", "PostgreSQL")]
public sealed class PostgresKillTests(ITestOutputHelper output) : KillTests(output)
{
    private protected override Task<TestDatabase> EmptyDatabase() => TestDatabase.Postgres();
}
