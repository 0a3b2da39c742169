using System.Text;
using CsCheck;

namespace OrleansRegistry;

/// <summary>Names of models, and which texts can be stored at all.</summary>
public sealed class ModelNameTests
{
    private const string NoPart = "must not have a part between its slashes that is empty, . or ..";

    [Theory]
    [InlineData("  My model \t", "My model")]
    [InlineData("My  model", "My  model")]
    [InlineData("Ame\u0301lie", "Am\u00e9lie")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u3000\u6a21\u578b\u00a0", "\u6a21\u578b")]
    [InlineData("MODEL", "MODEL")]
    [InlineData("   ", "")]
    public void Names_are_trimmed_and_in_form_C(string name, string expected) => Assert.Equal(expected, ModelName.Normalize(name));

    [Fact]
    public void Text_that_is_no_unicode_stays_as_it_is_and_is_refused()
    {
        var lone = " " + (char)0xD800;

        Assert.Equal(lone, ModelName.Normalize(lone));
        Assert.Equal(WellFormedText.Rule, ModelName.Problem(lone));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("My wonderful model")]
    [InlineData("\u6a21\u578b \U0001F600")]
    [InlineData("...")]
    [InlineData("a.b-c_d:e?f#g&h=i")]
    [InlineData("model.")]
    [InlineData("Qwen/Qwen2.5-7B")]
    [InlineData("a/...b/c@1")]
    public void Name_of_any_script_is_good(string name) => Assert.Null(ModelName.Problem(name));

    [Theory]
    [InlineData("", "must not be empty")]
    [InlineData(".", NoPart)]
    [InlineData("..", NoPart)]
    [InlineData("a//b", NoPart)]
    [InlineData("/a", NoPart)]
    [InlineData("a/", NoPart)]
    [InlineData("a/./b", NoPart)]
    [InlineData("../a", NoPart)]
    [InlineData("a\\b", "must not contain \\ or %")]
    [InlineData("50%", "must not contain \\ or %")]
    [InlineData("a\nb", "must not contain control characters, line breaks or marks that change the direction of text")]
    [InlineData("a\u007f", "must not contain control characters, line breaks or marks that change the direction of text")]
    [InlineData("a\u2028b", "must not contain control characters, line breaks or marks that change the direction of text")]
    [InlineData("a\u202eb", "must not contain control characters, line breaks or marks that change the direction of text")]
    [InlineData("a\u0085b", "must not contain control characters, line breaks or marks that change the direction of text")]
    [InlineData("a\0b", WellFormedText.Rule)]
    public void Name_that_cannot_stand_in_a_path_is_refused(string name, string expected) => Assert.Equal(expected, ModelName.Problem(name));

    [Fact]
    public void Name_has_at_most_128_characters()
    {
        Assert.Null(ModelName.Problem(new string('a', 128)));
        Assert.Null(ModelName.Problem(Smiles(128)));
        Assert.Equal("must have at most 128 characters", ModelName.Problem(new string('a', 129)));
        Assert.Equal("must have at most 128 characters", ModelName.Problem(Smiles(128) + "a"));
        Assert.Equal("must have at most 128 characters", ModelName.Problem(Smiles(129)));

        static string Smiles(int count) => string.Concat(Enumerable.Repeat("\U0001F600", count));
    }

    [Fact]
    public void Any_code_point_is_normalized_or_refused()
    {
        List<string> refused = [];
        for (var scalar = 1; scalar <= 0x10FFFF; scalar = scalar == 0xD7FF ? 0xE000 : scalar + 1)
        {
            var name = ModelName.Normalize($"a{char.ConvertFromUtf32(scalar)}b");
            if (ModelName.TextProblem(name) is not null)
            {
                refused.Add($"{scalar:X}");
            }
        }

        Assert.Equal(["FFFE"], refused);
        Assert.Equal("must not contain U+FFFE", ModelName.Problem("a\ufffeb"));
    }

    [Fact]
    public void Normalizing_twice_is_normalizing_once() =>
        Gen.String.Sample(name => ModelName.Normalize(ModelName.Normalize(name)) == ModelName.Normalize(name));

    [Theory]
    [InlineData("My Model", "my model")]
    [InlineData("\u00c9T\u00c9", "\u00e9t\u00e9")]
    [InlineData("TITLE", "title")]
    public void Folded_name_is_in_lower_case_by_the_invariant_culture(string name, string expected)
    {
        var before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = new System.Globalization.CultureInfo("tr-TR");
            Assert.Equal(expected, ModelName.Fold(name));
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Text_is_well_formed_unless_it_holds_a_null_or_a_lone_surrogate()
    {
        Assert.True(WellFormedText.IsWellFormed(""));
        Assert.True(WellFormedText.IsWellFormed("a\u0001\uffff\U0001F600"));
        Assert.False(WellFormedText.IsWellFormed("a\0"));
        Assert.False(WellFormedText.IsWellFormed("a" + (char)0xD83D));
        Assert.False(WellFormedText.IsWellFormed((char)0xDE00 + "a"));
        Assert.False(WellFormedText.IsWellFormed("" + (char)0xDE00 + (char)0xD83D));
    }

    [Fact]
    public void Text_is_well_formed_when_it_survives_strict_utf_8_and_holds_no_null() =>
        Gen.Char.Array[0, 6].Select(characters => new string(characters)).Sample(text =>
            WellFormedText.IsWellFormed(text) == (!text.Contains('\0', StringComparison.Ordinal) && SurvivesUtf8(text)));

    private static bool SurvivesUtf8(string text)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text).Length >= 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
