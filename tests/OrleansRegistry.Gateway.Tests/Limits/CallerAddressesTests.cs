using System.Net;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway.Tests.Limits;

/// <summary>Which address a request is counted by.</summary>
public sealed class CallerAddressesTests
{
    [Theory]
    // Nobody is trusted: what is forwarded doesn't count.
    [InlineData("192.0.2.1", "198.51.100.1", "192.0.2.1")]
    // IPv6 by /64, and IPv4 that came over IPv6 as IPv4.
    [InlineData("2001:db8:1:2:3:4:5:6", null, "2001:db8:1:2::")]
    [InlineData("::ffff:192.0.2.1", null, "192.0.2.1")]
    // Trusted proxies, one behind another: the last that is not trusted.
    [InlineData("10.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "192.0.2.9, 198.51.100.1, 10.0.0.2", "198.51.100.1")]
    [InlineData("10.0.0.1", "198.51.100.1:4711", "198.51.100.1")]
    [InlineData("10.0.0.1", "[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::")]
    // They say nothing that counts.
    [InlineData("10.0.0.1", null, "10.0.0.1")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1")]
    public void The_address_is_the_peers_or_what_a_trusted_proxy_says_of_it(string peer, string? forwarded, string expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Headers["X-Forwarded-For"] = forwarded;

        Assert.Equal(IPAddress.Parse(expected), new CallerAddresses(new LimitOptions { TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")] }).Of(context));
    }

    [Fact]
    public void Several_headers_are_one_list()
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse("10.0.0.1");
        context.Request.Headers["X-Forwarded-For"] = new(["198.51.100.1", "198.51.100.2, 10.0.0.2"]);

        Assert.Equal(IPAddress.Parse("198.51.100.2"), new CallerAddresses(new LimitOptions { TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")] }).Of(context));
    }
}
