using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansRegistry.Storage;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>The secret of a deployment is replaced while its keys and webhooks go on (rule H4).</summary>
public abstract class SecretRotationTests : IAsyncLifetime
{
    private static readonly string Old = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private static readonly string New = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private TestDatabase _database = null!;
    private WebhookReceiver _receiver = null!;

    private protected abstract Task<TestDatabase> EmptyDatabase();

    private protected StorageOptions Options => _database.Options;

    public async ValueTask InitializeAsync() => (_database, _receiver) = (await EmptyDatabase(), await WebhookReceiver.Start());

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        await _database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task H4_keys_that_are_used_and_all_webhooks_go_over_to_a_new_secret()
    {
        string used, unused, secret;
        var (first, client) = await RegistryProcess.Start(Node(Old));
        using (first)
        using (client)
        {
            (used, unused) = (await MakeKey(client, "used"), await MakeKey(client, "unused"));
            var made = await client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = _receiver.Url });
            secret = (string)made.MustBe(HttpStatusCode.Created).Body!["secret"]!;
            await IsDelivered(client, secret);
            await Stop(first);
        }

        Assert.DoesNotContain(secret["whsec_".Length..], await Stored(), StringComparison.Ordinal);
        await Refused(Node(New), "PreviousSecret");

        var (second, both) = await RegistryProcess.Start(Node(New, Old));
        using (second)
        using (both)
        {
            // The row is written beside the request.
            do
            {
                Assert.Equal(HttpStatusCode.OK, await Status(second, used));
            }
            while (Convert.ToInt64(await TestRows.Execute(Options, RewrittenKeys), CultureInfo.InvariantCulture) == 0);

            var (notYet, unusedYet) = await RegistryProcess.RunToEnd(Node(New, Old), "rotate-secret");
            Assert.True(notYet == 1, unusedYet);
            Assert.Contains("without Registry:Auth:PreviousSecret: 1", unusedYet, StringComparison.Ordinal);
            Assert.Contains(": unused (viewer)", unusedYet, StringComparison.Ordinal);
            Assert.DoesNotContain(": used (viewer)", unusedYet, StringComparison.Ordinal);
            // It has changed the row beside the node.
            await IsDelivered(both, secret);
            await Stop(second);
        }

        await Refused(Node(Old), "made with another secret");
        var (third, after) = await RegistryProcess.Start(Node(New));
        using (third)
        using (after)
        {
            Assert.Equal(HttpStatusCode.OK, await Status(third, used));
            Assert.Equal(HttpStatusCode.Unauthorized, await Status(third, unused));
            await IsDelivered(after, secret);
        }
    }

    [Fact]
    public async Task H4_the_command_changes_nothing_unless_both_secrets_are_set_and_one_is_the_databases()
    {
        var (missing, why) = await RegistryProcess.RunToEnd(Node(Old), "rotate-secret");
        Assert.Equal(1, missing);
        Assert.Contains("Registry:Auth:PreviousSecret", Assert.Single(Lines(why)), StringComparison.Ordinal);
        var (first, client) = await RegistryProcess.Start(Node(Old));
        using (first)
        using (client)
        {
            await Stop(first);
        }

        var stranger = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var (wrong, which) = await RegistryProcess.RunToEnd(Node(New, stranger), "rotate-secret");
        Assert.Equal(1, wrong);
        Assert.Contains("neither of the two secrets", Assert.Single(Lines(which)), StringComparison.Ordinal);
    }

    private const string RewrittenKeys =
        "select count(*) from registry_state where kind = 'key' and payload ->> 'other_hash' is not null and payload -> 'key' ->> 'name' = 'used'";

    private NodeSettings Node(string secret, string? previous = null) => NodeSettings.On(_database) with
    {
        Arguments =
        [
            $"--Registry:Auth:Secret={secret}",
            .. previous is null ? Array.Empty<string>() : [$"--Registry:Auth:PreviousSecret={previous}"],
        ],
    };

    private async Task IsDelivered(HttpClient client, string secret)
    {
        var already = _receiver.All.Count;
        (await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" })).MustBe(HttpStatusCode.Created);
        Assert.All(await _receiver.Next(1), delivery => Assert.True(delivery.IsSignedWith(secret)));
        Assert.All(_receiver.All.Skip(already), delivery => Assert.True(delivery.IsSignedWith(secret)));
    }

    private static async Task<string> MakeKey(HttpClient client, string name)
    {
        var made = await client.Call(HttpMethod.Post, "/v1/api_keys", new JsonObject { ["name"] = name, ["role"] = "viewer" });
        return (string)made.MustBe(HttpStatusCode.Created).Body!["key"]!;
    }

    private static async Task<HttpStatusCode?> Status(RegistryProcess node, string key)
    {
        using var client = new HttpClient { BaseAddress = node.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return (await client.Call(HttpMethod.Get, "/v1/models")).Status;
    }

    private static async Task Refused(NodeSettings settings, string text)
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(settings);
        Assert.Equal(1, exitCode);
        Assert.Contains(text, Lines(output)[^1], StringComparison.Ordinal);
    }

    private static async Task Stop(RegistryProcess node)
    {
        await node.Signal("TERM");
        Assert.Equal(0, await node.WaitForExit());
    }

    private static string[] Lines(string output) => output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All that is stored of webhooks.</summary>
    private protected abstract Task<string> Stored();
}

public sealed class SqliteSecretRotationTests : SecretRotationTests
{
    private protected override Task<TestDatabase> EmptyDatabase() => Task.FromResult(TestDatabase.Sqlite());

    private protected override async Task<string> Stored()
    {
        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(Options.DataDirectory, StorageOptions.FileName + "*"))
        {
            text.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        }

        return text.ToString();
    }
}

[Trait("Database", "PostgreSQL")]
public sealed class PostgresSecretRotationTests : SecretRotationTests
{
    [Fact]
    public async Task H4_a_silo_without_the_secret_refuses_to_start_in_one_line_that_names_the_setting()
    {
        await using var database = await TestDatabase.Postgres();
        var (exitCode, output) = await RegistryProcess.RunToEnd(
            NodeSettings.On(database) with { Arguments = ["--role=silo", $"--Registry:ClientPort={RegistryProcess.FreePort().ToString(CultureInfo.InvariantCulture)}"] });

        Assert.Equal(1, exitCode);
        Assert.Contains("Registry:Auth:Secret must be set on a silo", Assert.Single(output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private protected override Task<TestDatabase> EmptyDatabase() => TestDatabase.Postgres();

    private protected override async Task<string> Stored() =>
        (string)(await TestRows.Execute(Options, "select string_agg(payload::text, ' ') from registry_state where kind = 'webhook'"))!;
}
