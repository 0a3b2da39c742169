using System.Text.Json;
using CsCheck;
using OrleansRegistry.Access;

namespace OrleansRegistry.Gateway.Tests.Http;

public sealed class ParsingTests
{
    private static readonly PageTokens Tokens = new(new AccessSecret(new byte[32], null, "").SignToken);

    [Theory]
    [InlineData("\"1\"", "\"1\"")]
    [InlineData("*", "*")]
    [InlineData("W/\"1\"", "W/\"1\"")]
    [InlineData("\"1\", W/\"2p\" ,\"\"", "\"1\"", "W/\"2p\"", "\"\"")]
    public void Entity_tags_are_read(string header, params string[] tags) => Assert.Equal(tags, EntityTags.Parse([header]));

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("\"1")]
    [InlineData("\"1\" \"2\"")]
    [InlineData("*, \"1\"")]
    [InlineData("*,*")]
    public void What_is_no_list_of_entity_tags_is_refused(string header) => Assert.Null(EntityTags.Parse([header]));

    [Fact]
    public void A_page_token_leads_back_to_its_place()
    {
        var place = Gen.String.Array[1, 4];
        var filter = Gen.String.Null().Array[0, 4];
        Gen.Select(place, filter).Where((cursor, _) => cursor.All(part => WellFormedText.IsWellFormed(part))).Sample((cursor, parameters) =>
        {
            var tokens = List(parameters);
            var token = tokens.Encode(cursor);

            Assert.True(tokens.TryDecode(token, cursor.Length, out var found));
            Assert.Equal(cursor, found);
            Assert.Equal(token, Uri.EscapeDataString(token));
            Assert.False(tokens.TryDecode(token, cursor.Length + 1, out _));
            Assert.False(List([.. parameters, "more"]).TryDecode(token, cursor.Length, out _));
        });
    }

    [Fact]
    public void What_is_no_page_token_is_refused() =>
        Gen.String.Sample(text => Assert.False(List("list").TryDecode(text, 1, out _)));

    [Fact]
    public void A_page_token_tells_its_parameters_apart()
    {
        var token = List("a", null, "b").Encode("1");

        Assert.False(List("a", "b", null).TryDecode(token, 1, out _));
        Assert.False(List("a", "", "b").TryDecode(token, 1, out _));
        Assert.False(List("a\",null,\"b").TryDecode(token, 1, out _));
    }

    /// <summary>The hash is stored with each version: a request that is repeated after an update must still be the same one.</summary>
    [Fact]
    public void The_hash_of_a_deployment_never_changes_N5()
    {
        var deployment = Minimal with
        {
            VersionBump = VersionBump.Minor,
            Publish = true,
            Promote = false,
            Description = "d",
            Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
            Artifact = new Artifact { Uri = "s3://b/k", SizeBytes = 5 },
            Serving = new ServingSpec { Url = "http://m" },
            InstanceType = "cpu",
        };

        Assert.Equal("9898682525dc70da1de86741f33538fb42847254ac6e5bbcde797de5bad2396f", HashOf(deployment));
        Assert.Equal("758e5361bb50e51eb5b65fdbaffbb6b0bf8baa35a5325afb65e999cc9b1f9e4f", HashOf(Minimal));
    }

    [Fact]
    public void The_hash_of_a_deployment_is_of_its_content_only_N5()
    {
        var deployment = Minimal with { Labels = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } };
        var same = deployment with
        {
            Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
            IdempotencyKey = "other",
        };
        Deployment[] others =
        [
            deployment with { ModelName = "other" },
            deployment with { VersionBump = VersionBump.Minor },
            deployment with { Version = "1.0.0" },
            deployment with { Base = "1" },
            deployment with { Publish = true },
            deployment with { Promote = true },
            deployment with { Description = "" },
            deployment with { Labels = new Dictionary<string, string> { ["a"] = "1" } },
            deployment with { Artifact = new Artifact { Uri = "u" } },
            deployment with { Serving = new ServingSpec { Url = "u" } },
            deployment with { InstanceType = "i" },
            deployment with { ExternalId = "e" },
        ];

        Assert.Equal(HashOf(deployment), HashOf(same));
        Assert.Distinct(others.Append(deployment).Select(HashOf));
    }

    [Theory]
    [InlineData("2026-03-01", "2026-03-01T00:00:00.000Z")]
    [InlineData("2026-03-01T12:30:00Z", "2026-03-01T12:30:00.000Z")]
    [InlineData("2026-03-01t12:30:00z", "2026-03-01T12:30:00.000Z")]
    [InlineData("2026-03-01T12:30:00.5+02:00", "2026-03-01T10:30:00.500Z")]
    [InlineData("2026-03-01T12:30:00.123-00:00", "2026-03-01T12:30:00.123Z")]
    [InlineData("2026-03-01T12:30:00", null)]
    [InlineData("2026-03-01 12:30:00Z", null)]
    [InlineData("2026-03-01T12:30Z", null)]
    [InlineData("2026-03-01T12:30:00.1234Z", null)]
    [InlineData("2026-02-30", null)]
    [InlineData("2026-03-01T24:00:00Z", null)]
    [InlineData("1969-12-31T23:59:59Z", null)]
    [InlineData("20260301", null)]
    [InlineData("March 1", null)]
    [InlineData("", null)]
    public void Instants_are_read_as_RFC_3339_wherever_they_stand(string text, string? expected)
    {
        Assert.Equal(expected is not null, Instants.TryParse(text, out var instant));
        if (expected is null)
        {
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize($"\"{text}\"", JsonSettings.Options.GetTypeInfo(typeof(DateTimeOffset))));
            return;
        }

        Assert.Equal(instant, JsonSerializer.Deserialize($"\"{text}\"", JsonSettings.Options.GetTypeInfo(typeof(DateTimeOffset))));
        Assert.Equal($"\"{expected}\"", JsonSerializer.Serialize(instant, JsonSettings.Options.GetTypeInfo(typeof(DateTimeOffset))));
    }

    [Fact]
    public void Instants_are_written_in_utc_with_milliseconds()
    {
        var instant = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2));

        Assert.Equal("\"2026-01-02T01:04:05.000Z\"", JsonSerializer.Serialize(instant, JsonSettings.Options.GetTypeInfo(typeof(DateTimeOffset))));
    }

    private static string HashOf(Deployment deployment) => IdempotencyKey.Of("k", deployment).BodyHash;

    private static Deployment Minimal => new() { ModelName = "m" };

    private static PageToken List(params ReadOnlySpan<string?> filter) => Tokens.For("default", filter);
}
