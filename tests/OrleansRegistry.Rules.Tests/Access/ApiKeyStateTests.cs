using OrleansRegistry.Access;

namespace OrleansRegistry.Rules.Tests.Access;

/// <summary>The hashes of a key while the deployment's secret is replaced (rule H4).</summary>
public sealed class ApiKeyStateTests
{
    private static readonly ApiKeyState Stored = new()
    {
        Key = new ApiKeyView
        {
            Prefix = "4f7k2m9q",
            Name = "ci",
            Workspace = "default",
            Role = Role.Viewer,
            ModelIds = [],
            CreatedAt = DateTimeOffset.UnixEpoch,
            CreatedBy = "system",
        },
        Hash = "under old",
    };

    [Fact]
    public void H4_a_used_key_has_its_hash_under_the_new_secret_and_keeps_the_one_before()
    {
        var next = Stored.Rehashed("under old", "old", "under new", "new");

        Assert.Equal(("under new", "new"), (next.Hash, next.HashSecret));
        Assert.True(next.Has("under old"));
        Assert.True(next.IsUnder("new"));
        Assert.True(next.IsUnder("old"));
        Assert.Same(next, next.Rehashed("under old", "old", "under new", "new"));
        Assert.Same(next, next.Rehashed("under new", "new", "under old", "old"));
    }

    [Fact]
    public void H4_a_hash_that_is_none_of_the_key_changes_nothing() =>
        Assert.Same(Stored, Stored.Rehashed("of another key", "old", "under new", "new"));

    [Fact]
    public void H4_a_second_rotation_drops_the_first_hash()
    {
        var next = Stored.Rehashed("under old", "old", "under new", "new").Rehashed("under new", "new", "under newest", "newest");

        Assert.True(next.Has("under newest"));
        Assert.True(next.Has("under new"));
        Assert.False(next.Has("under old"));
        Assert.False(next.IsUnder("old"));
    }
}
