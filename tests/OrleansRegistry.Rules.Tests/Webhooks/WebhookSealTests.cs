using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Rules.Tests.Webhooks;

/// <summary>How webhooks' secrets are stored (rule H4).</summary>
public sealed class WebhookSealTests
{
    private static readonly SealKey Old = new("old", Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly SealKey New = new("new", Enumerable.Repeat((byte)2, 32).ToArray());
    private static readonly WebhookSeal Before = new(Old, previous: null);
    private static readonly WebhookSeal Both = new(New, Old);
    private static readonly WebhookSeal After = new(New, previous: null);

    [Fact]
    public void H4_a_stored_secret_is_read_again_and_shows_nothing_of_itself()
    {
        var closed = Before.Close(Row("hook", "whsec_c2VjcmV0"));

        var stored = Assert.Single(closed.Secrets);
        Assert.DoesNotContain("c2VjcmV0", stored.Value, StringComparison.Ordinal);
        Assert.Equal("whsec_c2VjcmV0", Before.Open("hook", stored));
        Assert.NotEqual(stored.Value, Before.Close(Row("hook", "whsec_c2VjcmV0")).Secrets[0].Value);
    }

    [Fact]
    public void H4_a_secret_counts_for_its_own_webhook_only()
    {
        var stored = Before.Close(Row("hook", "whsec_c2VjcmV0")).Secrets[0];

        Assert.Null(Before.Open("other", stored));
    }

    [Fact]
    public void H4_a_secret_of_an_earlier_build_is_read_and_closed_with_the_next_write()
    {
        var clear = Row("hook", "whsec_bmV3", "whsec_b2xk");

        Assert.Equal("whsec_b2xk", Before.Open("hook", clear.Secrets[1]));
        var closed = Before.Close(clear);
        Assert.Equal(["whsec_bmV3", "whsec_b2xk"], closed.Secrets.Select(secret => Before.Open("hook", secret)));
        Assert.DoesNotContain(closed.Secrets, secret => secret.Value.StartsWith("whsec_", StringComparison.Ordinal));
        Assert.Same(closed, Before.Close(closed));
    }

    [Fact]
    public void H4_while_two_keys_count_the_next_write_takes_the_new_one()
    {
        var stored = Before.Close(Row("hook", "whsec_c2VjcmV0"));

        Assert.Equal("whsec_c2VjcmV0", Both.Open("hook", stored.Secrets[0]));
        var next = Both.Close(stored);
        Assert.Equal("whsec_c2VjcmV0", After.Open("hook", next.Secrets[0]));
    }

    [Fact]
    public void H4_a_secret_that_no_key_opens_stays_as_it_is()
    {
        var stored = Before.Close(Row("hook", "whsec_c2VjcmV0"));

        Assert.Null(After.Open("hook", stored.Secrets[0]));
        Assert.Same(stored, After.Close(stored));
    }

    [Theory]
    [InlineData("aes256gcm.new")]
    [InlineData("aes256gcm.new.")]
    [InlineData("aes256gcm.new.*")]
    [InlineData("aes256gcm.new.AAAA")]
    [InlineData("aes256gcm.new.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void H4_what_was_damaged_is_no_secret(string value) => Assert.Null(After.Open("hook", new WebhookSecret { Value = value }));

    private static WebhookRow Row(string id, params string[] secrets) => new()
    {
        Webhook = new WebhookView
        {
            Id = id,
            Url = "https://hooks.example/",
            Types = [],
            State = WebhookState.Enabled,
            LastEventId = "0",
            CreatedAt = DateTimeOffset.UnixEpoch,
            CreatedBy = "key:ci",
        },
        Secrets = [.. secrets.Select(value => new WebhookSecret { Value = value })],
    };
}
