using System.Reflection;

namespace OrleansRegistry;

/// <summary>What commands carry, and the vocabularies of answers.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData(1, "\"1\"")]
    [InlineData(12345, "\"12345\"")]
    public void Tag_of_a_model_is_its_revision(int revision, string expected) => Assert.Equal(expected, EntityTag.OfRevision(revision));

    [Theory]
    [InlineData(4, false, "\"4\"")]
    [InlineData(4, true, "\"4p\"")]
    public void Tag_of_a_version_says_whether_it_is_primary(int revision, bool isPrimary, string expected) =>
        Assert.Equal(expected, EntityTag.OfVersion(revision, isPrimary));

    [Theory]
    [InlineData(new string[0], true)]
    [InlineData(new[] { "*" }, true)]
    [InlineData(new[] { "\"4p\"" }, true)]
    [InlineData(new[] { "\"3\"", "\"4p\"" }, true)]
    [InlineData(new[] { "\"4\"" }, false)]
    [InlineData(new[] { "4p" }, false)]
    [InlineData(new[] { "W/\"4p\"" }, false)]
    [InlineData(new[] { "\"4P\"" }, false)]
    [InlineData(new[] { "" }, false)]
    public void If_match_is_met_by_one_of_its_tags(string[] tags, bool expected) =>
        Assert.Equal(expected, (Context() with { IfMatch = [.. tags] }).Matches("\"4p\""));

    [Fact]
    public void No_if_match_is_met_by_every_tag()
    {
        Assert.True(Context().Matches("\"1\""));
        Assert.True((Context() with { IfMatch = default }).Matches("\"1\""));
    }

    [Fact]
    public void Command_may_take_effect_for_longer_than_one_statement_takes() =>
        Assert.True(CommandContext.Lifetime > CommandContext.StatementTimeout);

    [Fact]
    public void Field_that_is_left_out_keeps_what_stands_and_null_is_a_value()
    {
        Assert.Equal("old", default(Optional<string>).Or("old"));
        Assert.Equal("new", ((Optional<string>)"new").Or("old"));
        Assert.Null(((Optional<string>)(string?)null).Or("old"));
        Assert.NotEqual(default, (Optional<string>)(string?)null);
    }

    [Fact]
    public void Outcome_is_a_value_or_an_error()
    {
        Outcome<string> good = "done";
        Outcome<string> bad = new RegistryError(ErrorCode.IsPrimary, "It is primary.");

        Assert.True(good.TryGet(out var value, out var none));
        Assert.Equal(("done", null), (value, none));
        Assert.False(bad.TryGet(out var nothing, out var error));
        Assert.Equal((null, ErrorCode.IsPrimary), (nothing, error.Code));
    }

    [Fact]
    public void Error_of_input_names_the_fields()
    {
        var error = RegistryError.Invalid(new FieldError("version", "must be a number"), new FieldError("base", "does not go with version"));

        Assert.Equal(ErrorCode.ValidationFailed, error.Code);
        Assert.Equal(["version", "base"], error.Fields.Select(field => field.Field));
        Assert.Equal([new FieldError("base", "is empty")], RegistryError.Invalid("base", "is empty").Fields);
    }

    [Fact]
    public void Error_codes_are_different_words_in_snake_case() => AssertWords(Constants(typeof(ErrorCode)), "^[a-z]+(_[a-z]+)*$");

    [Fact]
    public void Event_types_are_different_words_and_the_list_has_all_of_them()
    {
        AssertWords(Constants(typeof(EventType)), "^[a-z_]+\\.[a-z_]+$");
        Assert.Equal(Constants(typeof(EventType)).Order(StringComparer.Ordinal), EventType.All.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Numbers_of_enumerations_hold_still()
    {
        // Orleans sends numbers: a member that changes its number changes its meaning between silos.
        Assert.Equal(["Draft=0", "Published=1", "Inactive=2", "Deleted=3"], Numbers<VersionState>());
        Assert.Equal(["Draft=0", "Published=1"], Numbers<Stage>());
        Assert.Equal(["Starting=0", "Ready=1", "Failed=2", "Stopped=3", "Restarting=4", "Idle=5"], Numbers<ServingStatus>());
        Assert.Equal(["LatestPublished=0", "Manual=1"], Numbers<PrimaryPolicy>());
        Assert.Equal(["Stay=0", "FallBack=1"], Numbers<OnUnhealthy>());
        Assert.Equal(["Viewer=0", "Invoker=1", "Deployer=2", "Admin=3", "Operator=4"], Numbers<Role>());
        Assert.Equal(["Published=0", "Promoted=1", "Fallback=2", "Rollback=3", "Activated=4"], Numbers<PrimaryReason>());
        Assert.Equal(["Major=0", "Minor=1", "Patch=2"], Numbers<VersionBump>());
        Assert.Equal(["Primary=0", "Exact=1", "Range=2", "Id=3", "Alias=4"], Numbers<ResolvedBy>());
        Assert.Equal(
            ["Set=0", "Claimed=1", "Promoted=2", "RolledBack=3", "Emptied=4", "Removed=5"], Numbers<AliasReason>());
    }

    private static CommandContext Context() => new()
    {
        CommandId = Guid.Empty,
        Actor = "key:ci",
        Deadline = DateTimeOffset.UnixEpoch,
    };

    private static string[] Constants(Type type) =>
    [
        .. type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral)
            .Select(field => (string)field.GetRawConstantValue()!),
    ];

    private static string[] Numbers<T>()
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(value => $"{value}={value:D}")];

    private static void AssertWords(string[] words, string pattern)
    {
        Assert.NotEmpty(words);
        Assert.All(words, word => Assert.Matches(pattern, word));
        Assert.Equal(words.Length, words.Distinct().Count());
    }
}
