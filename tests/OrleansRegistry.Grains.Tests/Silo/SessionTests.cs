using System.Collections.Immutable;
using System.Security.Cryptography;
using OrleansRegistry.Storage;
using OrleansRegistry.Storage.Retention;
using Microsoft.Extensions.DependencyInjection;
using OrleansRegistry.Testing;

namespace OrleansRegistry.Grains.Tests.Silo;

/// <summary>Browsers' sessions (rules G1 to G3), on a real silo with a real database.</summary>
public abstract class SessionTests(Func<Task<TestDatabase>> emptyDatabase) : SiloTest(emptyDatabase)
{
    private const string Prefix = "abcd2345";

    private static readonly ImmutableArray<byte> Hash = [.. RandomNumberGenerator.GetBytes(32)];
    private static readonly ImmutableArray<byte> OtherHash = [.. Hash.Select(value => (byte)~value)];
    private static readonly ImmutableArray<byte> KeyHash = [.. RandomNumberGenerator.GetBytes(32)];

    [Fact]
    public async Task G1_a_session_is_known_by_its_own_secret_only_and_names_the_key_that_signed_in()
    {
        var session = Session("a");
        Assert.Null(await session.Authenticate(Hash, isUse: true));
        Assert.False(await session.End());

        await session.Begin(Beginning());
        await session.Begin(Beginning());

        Assert.Equal(KeyHash, (await session.Authenticate(Hash, isUse: true))!.KeyHash);
        Assert.Null(await session.Authenticate(OtherHash, isUse: true));
        await Restart();
        Assert.Equal(KeyHash, (await Session("a").Authenticate(Hash, isUse: true))!.KeyHash);
    }

    [Fact]
    public async Task G2_a_session_ends_when_it_is_not_used_for_the_idle_timeout()
    {
        var session = Session("a");
        await session.Begin(Beginning());
        for (var use = 0; use < 3; use++)
        {
            Silo.Clock.Move(TimeSpan.FromMinutes(59));
            Assert.NotNull(await session.Authenticate(Hash, isUse: true));
        }

        Silo.Clock.Move(TimeSpan.FromMinutes(61));

        Assert.Null(await session.Authenticate(Hash, isUse: true));
        Assert.Empty(await Listed());
    }

    [Fact]
    public async Task G2_a_page_that_is_left_open_is_no_use()
    {
        var session = Session("a");
        await session.Begin(Beginning());
        Silo.Clock.Move(TimeSpan.FromMinutes(40));
        Assert.NotNull(await session.Authenticate(Hash, isUse: false));
        Silo.Clock.Move(TimeSpan.FromMinutes(40));

        Assert.Null(await session.Authenticate(Hash, isUse: false));
    }

    [Fact]
    public async Task G2_a_session_ends_after_its_lifetime_however_much_it_is_used()
    {
        var session = Session("a");
        await session.Begin(Beginning());
        for (var hour = 0; hour < 11; hour++)
        {
            Silo.Clock.Move(TimeSpan.FromMinutes(59));
            Assert.NotNull(await session.Authenticate(Hash, isUse: true));
        }

        Silo.Clock.Move(TimeSpan.FromMinutes(11 + 59));

        Assert.Null(await session.Authenticate(Hash, isUse: true));
    }

    [Fact]
    public async Task G2_a_use_survives_the_silo_but_for_a_twelfth_of_the_idle_timeout()
    {
        var session = Session("a");
        await session.Begin(Beginning());
        Silo.Clock.Move(TimeSpan.FromMinutes(50));
        var used = Silo.Clock.GetUtcNow();
        await session.Authenticate(Hash, isUse: true);
        // Comes behind the note, which the grain has sent to itself.
        await session.Begin(Beginning());

        var listed = Assert.Single(await Listed());
        Assert.Equal("a", listed.Id);
        Assert.InRange(listed.LastUsedAt, used.AddMinutes(-1), used.AddMinutes(1));
    }

    [Fact]
    public async Task G3_no_answer_outlives_the_end_of_a_session_also_where_its_silo_is_new()
    {
        var session = Session("a");
        await session.Begin(Beginning());
        var held = Silo.Clock.GetTimestamp() + (long)((await session.Authenticate(Hash, isUse: true))!.LeaseDuration.TotalSeconds * Silo.Clock.TimestampFrequency);

        Assert.True(await session.End());

        Assert.True(Silo.Clock.GetTimestamp() >= held);
        Assert.Null(await session.Authenticate(Hash, isUse: true));
        await Restart();
        Assert.Null(await Session("a").Authenticate(Hash, isUse: true));
        Assert.True(await Session("a").End());
    }

    [Fact]
    public async Task G3_a_session_whose_end_is_not_known_to_be_stored_lets_nobody_in()
    {
        var session = Session("a");
        await session.Begin(Beginning());
        Silo.Storage.BeforeWrite = _ => throw new TimeoutException();

        await Assert.ThrowsAsync<RegistryUnavailableException>(session.End);

        Assert.Null(await session.Authenticate(Hash, isUse: true));
        Silo.Storage.BeforeWrite = null;
        Assert.True(await session.End());
    }

    [Fact]
    public async Task Rows_of_sessions_that_are_over_are_removed_and_no_others()
    {
        await Session("a").Begin(Beginning());
        Silo.Clock.Move(TimeSpan.FromHours(6));
        await Session("b").Begin(Beginning());
        await Deploy("A model");
        var pruner = new SessionPruner(Silo.Services.GetRequiredService<RegistryDatabase>());

        Assert.Equal(1, await pruner.Prune(Silo.Clock.GetUtcNow().AddHours(7), default));

        Assert.Equal(0, await pruner.Prune(Silo.Clock.GetUtcNow().AddHours(7), default));
        Assert.Equal("b", Assert.Single(await Listed()).Id);
    }

    private ISessionGrain Session(string id) => Silo.Grains.GetGrain<ISessionGrain>(GrainKeys.Session(new SessionId(Prefix, id)));

    private Task<ImmutableArray<SessionView>> Listed() => Silo.Access.ListSessions(Prefix, Silo.Clock.GetUtcNow(), default);

    private static BeginSessionCommand Beginning() =>
        new() { Hash = Hash, KeyHash = KeyHash, Lifetime = TimeSpan.FromHours(12), IdleTimeout = TimeSpan.FromHours(1) };
}

public sealed class SqliteSessionTests() : SessionTests(() => Task.FromResult(TestDatabase.Sqlite()));

[Trait("Database", "PostgreSQL")]
public sealed class PostgresSessionTests() : SessionTests(TestDatabase.Postgres);
