using System.Text;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Grains.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    /// <summary>The example that the Standard Webhooks libraries test themselves with.</summary>
    [Fact]
    public void The_published_example_is_signed_as_published() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.Sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            DateTimeOffset.FromUnixTimeSeconds(1614265330),
            Encoding.UTF8.GetBytes("""{"test": 2432232314}""")));

    [Fact]
    public void A_secret_is_32_random_bytes_in_base64()
    {
        var secret = WebhookSignature.NewSecret();

        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(secret["whsec_".Length..]).Length);
        Assert.NotEqual(secret, WebhookSignature.NewSecret());
    }
}
