using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Host.Tests;

/// <summary>How the executable starts and stops, and what keeps it from starting.</summary>
public sealed class StartTests : IAsyncLifetime
{
    private readonly TestDatabase _database = TestDatabase.Sqlite();

    private NodeSettings Settings => NodeSettings.On(_database);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task E1_a_node_told_to_stop_ends_well_and_finds_everything_again()
    {
        var settings = Settings;
        string id;
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            var reply = await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" });
            id = (string)reply.Body!["id"]!;
            foreach (var health in new[] { "live", "ready", "startup" })
            {
                Assert.Equal(HttpStatusCode.OK, (await client.Call(HttpMethod.Get, $"/health/{health}")).Status);
            }

            Assert.Equal(0, (await RegistryProcess.RunToEnd(settings.DataDirectory, "health", process.Address.ToString())).ExitCode);

            await process.Signal("TERM");
            Assert.Equal(0, await process.WaitForExit());
        }

        var (again, second) = await RegistryProcess.Start(settings);
        using (again)
        using (second)
        {
            Assert.Equal("0.1.0", (string?)(await second.Read($"/v1/model_versions/{id}"))["version"]);
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_first_start_makes_a_key_that_only_its_user_can_read_and_no_log_shows()
    {
        var settings = Settings with { HasOperatorKey = false };
        var file = Path.Combine(settings.DataDirectory, "admin-key");
        string first;
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            // The key and nothing else: no line break that a reader would take for a part of it.
            first = await File.ReadAllTextAsync(file);
            Assert.True(ApiKey.TryParse(first, out _));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(settings.DataDirectory, "secret")));
            // Also on loopback: nobody without a key, and nobody with one that nobody made.
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.Call(HttpMethod.Get, "/v1/models")).Status);
            client.DefaultRequestHeaders.Authorization = null;
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.Call(HttpMethod.Get, "/v1/models")).Status);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", first);
            var keys = await client.Read("/v1/api_keys");
            var key = Assert.Single(keys["items"]!.AsArray())!;
            Assert.Equal(("operator", "default", "system"), ((string)key["role"]!, (string)key["workspace"]!, (string)key["created_by"]!));
            await process.Kill();
            Assert.Contains(file, process.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(first[13..], process.Output, StringComparison.Ordinal);
        }

        // A second start makes no second key, and the first one is still good.
        var (again, second) = await RegistryProcess.Start(settings);
        using (again)
        using (second)
        {
            second.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", first);
            Assert.Single((await second.Read("/v1/api_keys"))["items"]!.AsArray());
            Assert.Equal(first, (await File.ReadAllTextAsync(file)).Trim());
        }
    }

    [Fact]
    public async Task A_key_that_was_written_before_a_crash_becomes_valid_with_the_next_start()
    {
        var settings = Settings with { HasOperatorKey = false };
        var key = ApiKey.Create();
        await File.WriteAllTextAsync(Path.Combine(settings.DataDirectory, "admin-key"), key);
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            Assert.Equal(HttpStatusCode.OK, (await client.Call(HttpMethod.Get, "/v1/models")).Status);
        }
    }

    [Fact]
    public async Task P5_a_webhook_goes_on_where_it_was_when_its_node_was_told_to_stop()
    {
        await using var receiver = await WebhookReceiver.Start();
        var held = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        receiver.Answer = _ => receiver.All.Count < 4 ? Task.FromResult(204) : held.Task;
        var settings = Settings;
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            await client.Call(HttpMethod.Post, "/v1/webhooks", new JsonObject { ["url"] = receiver.Url, ["types"] = new JsonArray("version.deployed", "version.published") });
            for (var i = 0; i < 3; i++)
            {
                await client.Deploy("A model");
            }

            await receiver.Next(4);
            await process.Signal("TERM");
            await process.WaitForExit();
        }

        var taken = receiver.All.Take(3).Select(delivery => delivery.Position).ToList();
        held.SetResult(204);
        receiver.Answer = _ => Task.FromResult(204);
        var (again, second) = await RegistryProcess.Start(settings);
        using (again)
        using (second)
        {
            var next = (await receiver.Next(1)).Single().Position;
            Assert.Equal(receiver.All.ElementAt(3).Position, next);
            Assert.DoesNotContain(next, taken);
        }
    }

    [Fact]
    public async Task A_second_instance_on_one_file_refuses_and_says_why()
    {
        var (process, client) = await RegistryProcess.Start(Settings);
        using (process)
        using (client)
        {
            var (exitCode, output) = await RegistryProcess.RunToEnd(Settings);

            Assert.Equal(1, exitCode);
            Assert.StartsWith("orleans-registry can't start. Another instance uses the data directory", output, StringComparison.Ordinal);
            Assert.Single(Lines(output));
        }
    }

    [Fact]
    public async Task Settings_that_are_wrong_are_all_named_at_once()
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with
        {
            Arguments =
            [
                "--role", "boss", "--Registry:AdvertisedAddress=0.0.0.0", "--Registry:ClientPort=x",
                "--Registry:Limits:ActiveVersionsPerModel=0", "--Registry:DataDirectry=/x", "--urls=http://0.0.0.0:5080;ftp://localhost",
                "--Registry:Outbound:AllowLoopback=maybe", "--Registry:Calls:MaxBody=1", "--Registry:Calls:MaxBufferedBytes=1",
                "--Registry:Billing:Currency=usd", "--Registry:Billing:CloseAfterHours=721", "--Registry:Billing:CloseAfter=24",
                "--Registry:Auth:Secret=c2hvcnQ=", "--Registry:Auth:AdminKey=ork_x", "--Registry:Auth:Oidc:Authority=http://issuer.example",
                "--Registry:Auth:Oidc:Roles:team=boss", "--Registry:Auth:Oidc:ClientSecret=hidden secret", "--Registry:Auth:Oidc:Scopes=profile",
                "--Registry:Auth:Token=1", "--Registry:Limits:RequestsPerSecond=-1", "--Registry:Limits:Models=1", "--Registry:Limits:OpenStreamsPerKey=many", "--Registry:TrustedProxies=10.0.0.0/8;proxy",
            ],
        });

        Assert.Equal(1, exitCode);
        string[] names =
        [
            "Registry:Role is 'boss'", "AdvertisedAddress is '0.0.0.0'", "ClientPort is 'x'", "ActiveVersionsPerModel is '0'",
            "DataDirectry is not a setting", "ftp://localhost",
            "Outbound:AllowLoopback", "Calls:MaxBody is not", "MaxBufferedBytes",
            "'usd'", "CloseAfterHours is '721'", "Billing:CloseAfter is not",
            "Auth:Secret must be", "Auth:AdminKey is no API key", "Oidc:Authority must be an https URL", "Oidc:Audience must be set", "Oidc:Workspace or",
            "Oidc:ClientId must be set", "Oidc:Scopes must have openid",
            "Roles:team must be", "Auth:Token is not", "RequestsPerSecond is '-1'", "Limits:Models is not", "OpenStreamsPerKey is 'many'",
            "TrustedProxies is '10.0.0.0/8;proxy'",
        ];
        foreach (var name in names)
        {
            Assert.Contains(name, output, StringComparison.Ordinal);
        }

        Assert.All((string[])["c2hvcnQ=", "ork_x", "hidden secret", "   at "], hidden => Assert.DoesNotContain(hidden, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_port_for_health_is_beside_listeners_that_are_named_and_belongs_to_nothing_else()
    {
        var port = RegistryProcess.FreePort();
        var (process, client) = await RegistryProcess.Start(Settings with
        {
            Arguments = [$"--Kestrel:Endpoints:Main:Url=http://127.0.0.1:{RegistryProcess.FreePort()}", $"--Registry:HealthPort={port}"],
        });
        using (process)
        using (client)
        {
            Assert.Equal(HttpStatusCode.OK, (await client.Call(HttpMethod.Get, "/v1/models")).Status);
            Assert.Equal(0, (await RegistryProcess.RunToEnd(Settings.DataDirectory, "health", $"http://127.0.0.1:{port}")).ExitCode);
        }

        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with { Arguments = [$"--urls=http://localhost:{port}", $"--Registry:HealthPort={port}"] });
        Assert.Equal(1, exitCode);
        Assert.Contains("HealthPort is", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("check")]
    public async Task A3_a_runtime_that_does_not_normalize_names_keeps_the_node_from_starting(params string[] command)
    {
        var settings = Settings with { Environment = new Dictionary<string, string> { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1" } };

        var (exitCode, output) = await RegistryProcess.RunToEnd(settings, command);

        Assert.Equal(1, exitCode);
        Assert.Contains("does not normalize names", output, StringComparison.Ordinal);
        Assert.Contains("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(settings.DataDirectory));
    }

    [Theory]
    [InlineData("registry.db", true, "is a directory")]
    [InlineData("registry.db", false, "is no SQLite file")]
    [InlineData("registry.lock", true, "is a directory")]
    [InlineData("secret", true, "is a directory")]
    [InlineData("secret", false, "holds no secret")]
    [InlineData("admin-key", true, "is a directory")]
    [InlineData("admin-key", false, "holds no API key")]
    public async Task A_file_that_is_not_what_it_should_be_is_named_alone_and_nothing_is_made_beside_it(string name, bool isDirectory, string why)
    {
        var settings = Settings with { HasOperatorKey = false };
        var file = Path.Combine(settings.DataDirectory, name);
        if (isDirectory)
        {
            Directory.CreateDirectory(file);
        }
        else
        {
            await File.WriteAllTextAsync(file, new string('!', 8192));
        }

        var (exitCode, output) = await RegistryProcess.RunToEnd(settings);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"orleans-registry can't start. {file} {why}", Assert.Single(Lines(output)), StringComparison.Ordinal);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(settings.DataDirectory));
    }

    [Fact]
    public async Task A_file_of_the_first_key_that_holds_none_is_told_before_the_silo_joins_and_does_not_matter_once_there_is_a_key()
    {
        var settings = Settings with { HasOperatorKey = false };
        var file = Path.Combine(settings.DataDirectory, "admin-key");
        await StartAndStop();
        await File.WriteAllTextAsync(file, "moved to the vault");
        var (process, client) = await RegistryProcess.Start(settings);
        using (process)
        using (client)
        {
            await process.Signal("TERM");
            await process.WaitForExit();
        }

        await TestRows.Execute(_database.Options, "delete from registry_state where kind = 'key'");
        var (exitCode, output) = await RegistryProcess.RunToEnd(settings);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"orleans-registry can't start. {file} holds no API key", Assert.Single(Lines(output)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://[::1]:99999")]
    [InlineData("http://127.0.0.1:abc")]
    [InlineData("http://[::1]:abc")]
    [InlineData("http://")]
    [InlineData("http://:5080")]
    [InlineData("127.0.0.1:5080")]
    public async Task An_address_that_is_none_is_named_and_not_taken_for_one_beyond_this_machine(string url)
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with { Arguments = ["--urls", url] });

        Assert.Equal(1, exitCode);
        Assert.Contains($"--urls names '{url}'", Assert.Single(Lines(output)), StringComparison.Ordinal);
        Assert.DoesNotContain("AllowedHosts", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Settings.DataDirectory));
    }

    [Fact]
    public async Task A_database_that_is_away_keeps_the_node_from_starting_and_its_password_stays_secret()
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with
        {
            ConnectionString = $"Host=127.0.0.1;Port={RegistryProcess.FreePort()};Username=registry;Password=hunter2;Database=registry",
        });

        Assert.Equal(1, exitCode);
        Assert.Contains("can't be reached", Assert.Single(Lines(output)), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Database", "PostgreSQL")]
    public async Task A_gateway_that_waits_for_silos_ends_well_when_it_is_told_to_stop()
    {
        await using var database = await TestDatabase.Postgres();
        using var gateway = RegistryProcess.Run(NodeSettings.On(database) with { Arguments = ["--role=gateway"] });
        await gateway.WaitForOutput("Could not find any gateway");

        await gateway.Signal("TERM");

        Assert.Equal(0, await gateway.WaitForExit());
        Assert.DoesNotContain("Unhandled exception", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_from_a_newer_build_is_refused()
    {
        await StartAndStop();
        await TestRows.Execute(_database.Options, "insert into registry_schema (version) values (4711)");

        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings);

        Assert.Equal(1, exitCode);
        Assert.Contains("schema version 4711", Assert.Single(Lines(output)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_made_before_the_first_release_is_refused_in_one_line()
    {
        await StartAndStop();
        await TestRows.Execute(_database.Options, "delete from registry_schema; insert into registry_schema (version) values (6)");

        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings);

        Assert.Equal(1, exitCode);
        Assert.Contains("made before the first release", Assert.Single(Lines(output)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--urls=http://0.0.0.0:5080", "Registry:AllowedHosts must be set")]
    [InlineData("--role=silo", "Role must be both on SQLite")]
    [InlineData("--Registry:AdvertisedAddress=192.0.2.1", "start with --insecure-cluster")]
    public async Task What_a_node_that_others_reach_needs_is_asked_for(string argument, string needed)
    {
        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings with { Arguments = [argument] });

        Assert.Equal(1, exitCode);
        Assert.Contains(needed, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_with_another_secret_than_the_keys_were_made_with_refuses_to_start()
    {
        await StartAndStop();
        var secret = Path.Combine(_database.Options.DataDirectory, "secret");
        File.Delete(secret);

        // As after a restore that left it out: no other one is drawn, which somebody might keep.
        var (exitCode, output) = await RegistryProcess.RunToEnd(Settings);

        Assert.Equal(1, exitCode);
        Assert.Contains($"{secret} is missing", Assert.Single(Lines(output)), StringComparison.Ordinal);
        Assert.False(File.Exists(secret));

        var (asBefore, why) = await RegistryProcess.RunToEnd(Settings with { Arguments = [$"--Registry:Auth:Secret={Convert.ToBase64String(new byte[32])}"] });

        Assert.Equal(1, asBefore);
        Assert.Contains("made with another secret", Assert.Single(Lines(why)), StringComparison.Ordinal);
        Assert.Contains("Registry__Auth__PreviousSecret", why, StringComparison.Ordinal);
        await TestRows.Execute(_database.Options, "delete from registry_setting where name = 'auth_secret'");
        var (process, client) = await RegistryProcess.Start(Settings with { HasOperatorKey = false, Arguments = [$"--Registry:Auth:AdminKey={ApiKey.Create()}"] });
        using (process)
        using (client)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.Call(HttpMethod.Get, "/v1/models")).Status);
        }
    }

    [Fact]
    public async Task Check_finds_nothing_on_a_sound_database_and_every_disagreement_on_another()
    {
        await StartAndStop();
        var (sound, report) = await RegistryProcess.RunToEnd(Settings, "check");
        Assert.True(sound == 0, report);

        await TestRows.Execute(_database.Options, "update registry_state set payload = json_set(payload, '$.state', 'published') where kind = 'version'");
        var (broken, findings) = await RegistryProcess.RunToEnd(Settings, "check");

        Assert.Equal(1, broken);
        Assert.Contains("but its events say", findings, StringComparison.Ordinal);
    }

    private static string[] Lines(string output) => output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private async Task StartAndStop()
    {
        var (process, client) = await RegistryProcess.Start(Settings);
        using (process)
        using (client)
        {
            await client.Call(HttpMethod.Post, "/v1/model_versions", new JsonObject { ["model_name"] = "A model" });
            await process.Signal("TERM");
            await process.WaitForExit();
        }
    }
}
