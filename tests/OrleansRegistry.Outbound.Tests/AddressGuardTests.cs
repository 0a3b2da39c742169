using System.Net;
using CsCheck;

namespace OrleansRegistry.Outbound;

public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("169.253.255.255")]
    [InlineData("169.255.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::ffff:1.0.0.1")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    [InlineData("::ffff:0:8.8.8.8")]
    [InlineData("2606:4700::5efe:8.8.8.8")]
    public void Addresses_of_the_open_network_are_public(string address) => Is(AddressKind.Public, address);

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.255.255.255")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("198.18.0.1")]
    [InlineData("fc00::1")]
    [InlineData("fdff:ffff::1")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("64:ff9b::192.168.1.1")]
    [InlineData("2002:0a01:0203::1")]
    [InlineData("::10.1.2.3")]
    [InlineData("::ffff:0:10.1.2.3")]
    [InlineData("2606:4700::5efe:10.1.2.3")]
    [InlineData("2606:4700::200:5efe:10.1.2.3")]
    [InlineData("fd12::5efe:10.1.2.3")]
    [InlineData("fd12::5efe:8.8.8.8")]
    public void Private_addresses_are_private_however_they_are_written(string address) => Is(AddressKind.Private, address);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("2606:4700::5efe:127.0.0.1")]
    public void Loopback_addresses_are_loopback_however_they_are_written(string address) => Is(AddressKind.Loopback, address);

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("168.63.129.16")]
    [InlineData("100.100.100.200")]
    [InlineData("192.0.0.192")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("febf::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("2001::1")]
    [InlineData("100::1")]
    [InlineData("64:ff9b:1::a00:1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("::169.254.169.254")]
    [InlineData("::ffff:0:169.254.169.254")]
    [InlineData("2606:4700::5efe:169.254.169.254")]
    [InlineData("fd12::5efe:127.0.0.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.88.99.255")]
    public void Link_local_metadata_and_special_addresses_are_forbidden_however_they_are_written(string address) =>
        Is(AddressKind.Forbidden, address);

    [Fact]
    public void Settings_open_private_networks_and_loopback_and_nothing_else()
    {
        string[] kinds = ["8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.169.254"];

        Assert.Equal([true, false, false, false], Allowed(isPrivate: false, isLoopback: false));
        Assert.Equal([true, true, false, false], Allowed(isPrivate: true, isLoopback: false));
        Assert.Equal([true, false, true, false], Allowed(isPrivate: false, isLoopback: true));
        Assert.Equal([true, true, true, false], Allowed(isPrivate: true, isLoopback: true));

        IEnumerable<bool> Allowed(bool isPrivate, bool isLoopback)
        {
            var options = new OutboundOptions { AllowPrivate = isPrivate, AllowLoopback = isLoopback };
            return kinds.Select(address => AddressGuard.Allows(options, IPAddress.Parse(address)));
        }
    }

    [Fact]
    public void An_embedded_address_is_of_the_kind_of_the_address_in_it() => Gen.Byte.Array[4].Sample(bytes =>
    {
        var inner = new IPAddress(bytes);
        var kind = AddressGuard.KindOf(inner);
        byte[] sixToFour = [0x20, 0x02, .. bytes, .. new byte[10]];
        byte[] translated = [0x00, 0x64, 0xff, 0x9b, .. new byte[8], .. bytes];
        byte[] rewritten = [.. new byte[8], 0xff, 0xff, 0x00, 0x00, .. bytes];
        byte[] tunnelled = [0x26, 0x06, 0x47, .. new byte[5], 0x02, 0x00, 0x5e, 0xfe, .. bytes];

        Assert.Equal(kind, AddressGuard.KindOf(inner.MapToIPv6()));
        Assert.Equal(kind, AddressGuard.KindOf(new IPAddress(sixToFour)));
        Assert.Equal(kind, AddressGuard.KindOf(new IPAddress(translated)));
        Assert.Equal(kind, AddressGuard.KindOf(new IPAddress(rewritten)));
        Assert.Equal(kind, AddressGuard.KindOf(new IPAddress(tunnelled)));
    }, iter: 10_000);

    private static void Is(AddressKind kind, string address) => Assert.Equal(kind, AddressGuard.KindOf(IPAddress.Parse(address)));
}
