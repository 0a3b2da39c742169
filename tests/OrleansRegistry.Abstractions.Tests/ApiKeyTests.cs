using CsCheck;

namespace OrleansRegistry;

/// <summary>The text of API keys.</summary>
public sealed class ApiKeyTests
{
    [Fact]
    public void A_key_has_a_marker_a_prefix_190_random_bits_and_a_checksum()
    {
        HashSet<string> keys = [];
        for (var i = 0; i < 1000; i++)
        {
            var key = ApiKey.Create();
            Assert.Matches("^ork_[0-9a-hjkmnp-tv-z]{8}_[0-9A-Za-z]{38}$", key);
            Assert.True(ApiKey.TryParse(key, out var prefix));
            Assert.Equal(key[4..12], prefix);
            Assert.True(keys.Add(key));
        }

        Assert.True(32 * Math.Log2(62) >= 178);
    }

    /// <summary>The checksum is CRC-32 in base 62: a key that was made once is one for ever. The expected text was computed with another implementation.</summary>
    [Fact]
    public void The_checksum_never_changes() => Assert.True(ApiKey.TryParse(Known, out _));

    [Fact]
    public void One_wrong_character_is_noticed_wherever_it_is()
    {
        var key = ApiKey.Create();
        for (var i = 0; i < key.Length; i++)
        {
            foreach (var other in "0aZ_- é\0")
            {
                var text = string.Concat(key.AsSpan(0, i), [other], key.AsSpan(i + 1));
                Assert.Equal(text == key, ApiKey.TryParse(text, out _));
            }
        }
    }

    [Fact]
    public void What_is_no_key_is_refused()
    {
        Assert.False(ApiKey.TryParse(null, out _));
        var key = ApiKey.Create();
        foreach (var text in (string[])["", "ork_", key[..^1], key + "0", " " + key, key.ToUpperInvariant(), key.Replace("ork_", "orx_", StringComparison.Ordinal)])
        {
            Assert.False(ApiKey.TryParse(text, out _), text);
        }

        Gen.String.Sample(text => Assert.False(ApiKey.TryParse(text, out _)));
        Gen.Char.Array[51].Sample(text => Assert.False(ApiKey.TryParse(new string(text), out _)));
    }

    private const string Known = "ork_4f7k2m9q_A1b2C3d4E5f6G7h8J9k0L1m2N3p4Q5r61Klk9M";
}
