using CsCheck;

namespace OrleansRegistry.Versions;

/// <summary>Labels merge by RFC 7396.</summary>
public sealed class LabelSetTests
{
    private static readonly Gen<string> Key = Gen.OneOfConst("a", "b", "c", "B");

    private static readonly Dictionary<string, string> Labels = new() { ["team"] = "vision", ["tier"] = "1" };

    [Fact]
    public void Left_out_changes_nothing() => Assert.Same(Labels, LabelSet.Merge(Labels, default));

    [Fact]
    public void Null_removes_all() =>
        Assert.Empty(LabelSet.Merge(Labels, new Optional<IReadOnlyDictionary<string, string?>>(true, null)));

    [Fact]
    public void Null_as_a_value_removes_one() => Assert.Equal(["team=vision"], Merged(new() { ["tier"] = null, ["none"] = null }));

    [Fact]
    public void Value_sets_or_replaces_and_the_rest_stays() =>
        Assert.Equal(["Team=3", "team=nlp", "tier=1"], Merged(new() { ["team"] = "nlp", ["Team"] = "3" }));

    [Fact]
    public void Empty_patch_changes_nothing() => Assert.True(LabelSet.Same(Labels, Merge(Labels, [])));

    [Fact]
    public void Labels_are_stored_in_order_of_their_keys() =>
        Assert.Equal(["A", "a", "b"], LabelSet.From(new Dictionary<string, string> { ["b"] = "", ["a"] = "", ["A"] = "" }).Keys);

    [Theory]
    [InlineData("team", "vision", true)]
    [InlineData("team", "Vision", false)]
    [InlineData("Team", "vision", false)]
    public void Same_compares_keys_and_values_exactly(string key, string value, bool expected)
    {
        var one = new Dictionary<string, string> { ["team"] = "vision" };

        Assert.Equal(expected, LabelSet.Same(one, new Dictionary<string, string> { [key] = value }));
        Assert.False(LabelSet.Same(one, Labels));
        Assert.False(LabelSet.Same(Labels, one));
    }

    [Fact]
    public void Merging_twice_is_merging_once() =>
        Gen.Select(Gen.Dictionary(Key, Gen.String)[0, 4], Gen.Dictionary(Key, Gen.Null(Gen.String))[0, 4]).Sample((labels, patch) =>
        {
            var once = Merge(labels, patch);
            return LabelSet.Same(once, Merge(once, patch))
                && patch.All(change => once.GetValueOrDefault(change.Key) == change.Value)
                && labels.Where(label => !patch.ContainsKey(label.Key)).All(label => once[label.Key] == label.Value);
        });

    private static string[] Merged(Dictionary<string, string?> patch) => [.. Merge(Labels, patch).Select(label => $"{label.Key}={label.Value}")];

    private static IReadOnlyDictionary<string, string> Merge(Dictionary<string, string> labels, Dictionary<string, string?> patch) =>
        LabelSet.Merge(labels, patch);

    private static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> labels, Dictionary<string, string?> patch) =>
        LabelSet.Merge(labels, patch);
}
