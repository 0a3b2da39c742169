using System.Globalization;
using CsCheck;

namespace OrleansRegistry;

/// <summary>Ids of models and versions, and the keys of grains.</summary>
public sealed class IdentifierTests
{
    private const string Model = "k7m2qx9p4d";

    [Fact]
    public void Model_ids_are_ten_characters_of_an_alphabet_without_look_alikes()
    {
        Assert.Equal(32, ModelId.Alphabet.Distinct().Count());
        Assert.DoesNotContain(ModelId.Alphabet, character => "ilou".Contains(character, StringComparison.Ordinal) || char.IsUpper(character));
        var ids = Enumerable.Range(0, 1000).Select(_ => ModelId.New()).ToHashSet();

        Assert.Equal(1000, ids.Count);
        Assert.All(ids, id => Assert.True(ModelId.IsWellFormed(id), id));
        Assert.Equal(ModelId.Alphabet.Order(), ids.SelectMany(id => id).Distinct().Order());
    }

    [Theory]
    [InlineData(Model, true)]
    [InlineData("0000000000", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("k7m2qx9p4", false)]
    [InlineData("k7m2qx9p4dd", false)]
    [InlineData("K7m2qx9p4d", false)]
    [InlineData("k7m2qx9p4i", false)]
    [InlineData("k7m2qx9p4l", false)]
    [InlineData("k7m2qx9p4o", false)]
    [InlineData("k7m2qx9p4u", false)]
    [InlineData("k7m2qx9p4-", false)]
    [InlineData("k7m2qx9p4\u0661", false)]
    public void Form_of_a_model_id(string? text, bool expected) => Assert.Equal(expected, ModelId.IsWellFormed(text));

    [Theory]
    [InlineData($"{Model}-1", 1)]
    [InlineData($"{Model}-42", 42)]
    [InlineData($"{Model}-2147483647", int.MaxValue)]
    public void Version_id_is_read(string text, int ordinal)
    {
        Assert.True(VersionId.TryParse(text, out var id));
        Assert.Equal(new VersionId(Model, ordinal), id);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(Model)]
    [InlineData($"{Model}-")]
    [InlineData($"{Model}-0")]
    [InlineData($"{Model}-01")]
    [InlineData($"{Model}--1")]
    [InlineData($"{Model}-+1")]
    [InlineData($"{Model}- 1")]
    [InlineData($"{Model}-1 ")]
    [InlineData($" {Model}-1")]
    [InlineData($"{Model}-1,0")]
    [InlineData($"{Model}-1.0")]
    [InlineData($"{Model}-2147483648")]
    [InlineData($"{Model}-99999999999")]
    [InlineData($"{Model}_1")]
    [InlineData($"{Model}-\u0661")]
    [InlineData("k7m2qx9p4-1")]
    [InlineData("K7M2QX9P4D-1")]
    [InlineData("k7m2qx9p4l-1")]
    public void Anything_but_the_canonical_spelling_is_no_version_id(string? text)
    {
        Assert.False(VersionId.TryParse(text, out var id));
        Assert.Equal(default, id);
    }

    [Fact]
    public void Version_id_survives_its_text() =>
        Gen.Select(Gen.Char[ModelId.Alphabet].Array[10], Gen.Int[1, int.MaxValue]).Sample((model, ordinal) =>
        {
            var id = new VersionId(new string(model), ordinal);
            return VersionId.TryParse(id.ToString(), out var read) && read == id && id.ToString().Length <= VersionId.MaxLength;
        });

    [Fact]
    public void Any_text_that_is_read_as_a_version_id_is_its_spelling() =>
        Gen.String[Gen.Char[ModelId.Alphabet + "-+ 0123456789"], 8, 24].Sample(text =>
            !VersionId.TryParse(text, out var id) || id.ToString() == text);

    [Fact]
    public void Version_id_does_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA");
            Assert.Equal($"{Model}-1234", new VersionId(Model, 1234).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Grain_keys_are_built_in_one_place()
    {
        Assert.Equal($"model/default/{Model}", GrainKeys.Model(GrainKeys.DefaultWorkspace, Model));
        Assert.Equal($"version/default/{Model}-3", GrainKeys.Version(GrainKeys.DefaultWorkspace, new VersionId(Model, 3)));
        Assert.Equal("name/default/My model", GrainKeys.Name(GrainKeys.DefaultWorkspace, "My model"));
        Assert.Equal("name/default/a%7B0%7D", GrainKeys.Name(GrainKeys.DefaultWorkspace, "a{0}"));
    }

    [Fact]
    public void Grain_keys_split_into_what_they_were_built_from()
    {
        Assert.Equal(("team", Model), GrainKeys.Split(GrainKeys.Model("team", Model)));
        Assert.Equal(("team", $"{Model}-3"), GrainKeys.Split(GrainKeys.Version("team", new VersionId(Model, 3))));
        Assert.Equal(("team", "a name"), GrainKeys.Split(GrainKeys.Name("team", "a name")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Model)]
    [InlineData("model/default")]
    public void What_is_no_grain_key_is_not_split(string key) => Assert.Throws<FormatException>(() => GrainKeys.Split(key));
}
