using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansRegistry.Outbound;

/// <summary>The guard looks at the address that a name was resolved to, on the connection itself.</summary>
public sealed class OutboundHttpTests
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://0x7f000001:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    [InlineData("http://127.1:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    public async Task A_host_that_leads_to_a_refused_address_is_never_connected_to(string url)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = Client(new OutboundOptions { AllowPrivate = true });

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => Get(client, url, Port(listener)));

        Assert.True(AddressRefusedException.IsCauseOf(error));
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    public async Task Metadata_services_are_refused_whatever_is_allowed(string url)
    {
        using var client = Client(new OutboundOptions { AllowPrivate = true, AllowLoopback = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, url);

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, default));

        Assert.True(AddressRefusedException.IsCauseOf(error));
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    public async Task An_allowed_host_is_connected_to_and_a_redirect_is_not_followed(string url)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = Client(new OutboundOptions { AllowLoopback = true });

        await Task.WhenAll(AnswerRedirect(listener), IsRedirected());

        async Task IsRedirected() => Assert.Equal(HttpStatusCode.Found, await Get(client, url, Port(listener)).WaitAsync(WaitTimeout));
    }

    [Theory]
    [InlineData("http://169.254.169.254/", "", "", "")]
    [InlineData("http://[::ffff:a9fe:a9fe]:1/", "", "", "")]
    [InlineData("http://0.0.0.0/", "", "", "")]
    [InlineData("http://10.1.2.3/", "Registry__Outbound__AllowPrivate", "Registry__Outbound__AllowPrivate", null)]
    [InlineData("http://[fd12::1]/", "Registry__Outbound__AllowPrivate", "Registry__Outbound__AllowPrivate", null)]
    [InlineData("http://127.1/", "Registry__Outbound__AllowLoopback", null, "Registry__Outbound__AllowLoopback")]
    [InlineData("http://[::1]:5080/", "Registry__Outbound__AllowLoopback", null, "Registry__Outbound__AllowLoopback")]
    [InlineData("http://192.0.2.1/", null, null, null)]
    [InlineData("http://localhost/", null, null, null)]
    [InlineData("http://model.example/", null, null, null)]
    public void A_literal_address_is_refused_before_anybody_connects_and_says_what_would_allow_it(string url, string? neither, string? loopback, string? isPrivate)
    {
        (OutboundOptions Options, string? Expected)[] cases =
        [
            (new OutboundOptions(), neither),
            (new OutboundOptions { AllowLoopback = true }, loopback),
            (new OutboundOptions { AllowPrivate = true }, isPrivate),
        ];
        foreach (var (options, expected) in cases)
        {
            var refusal = new OutboundHttp(options).Refusal(new Uri(url));
            Assert.Equal(expected is null, refusal is null);
            Assert.Contains(expected is "" ? "always refused" : expected ?? "", refusal ?? "", StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http://model.example:11111/", "", "it is one of the registry's own")]
    [InlineData("http://model.example:11112/", "", null)]
    [InlineData("https://model.example/", "443;8000-8999", null)]
    [InlineData("http://model.example:8999/", "443;8000-8999", null)]
    [InlineData("http://model.example/", "443;8000-8999", "Registry__Outbound__Ports doesn't name it")]
    [InlineData("http://model.example:9000/", "443;8000-8999", "Registry__Outbound__Ports doesn't name it")]
    [InlineData("http://model.example:11111/", "11111", null)]
    public async Task A_port_that_is_not_allowed_is_refused_at_once_and_never_connected_to(string url, string ports, string? expected)
    {
        var options = new OutboundOptions
        {
            Ports = [.. ports.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(text => PortRange.Parse(text)!.Value)],
            OwnPorts = [11111],
        };

        var refusal = new OutboundHttp(options).Refusal(new Uri(url));
        Assert.Equal(expected is null, refusal is null);
        if (expected is not null)
        {
            using var client = Client(options);
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            Assert.Contains(expected, refusal, StringComparison.Ordinal);
            var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, default));
            Assert.True(AddressRefusedException.IsCauseOf(error));
        }
    }

    [Theory]
    [InlineData("443", true)]
    [InlineData("8000-8999", true)]
    [InlineData("0", false)]
    [InlineData("65536", false)]
    [InlineData("9-8", false)]
    [InlineData("1-2-3", false)]
    [InlineData("-1", false)]
    [InlineData("http", false)]
    [InlineData("", false)]
    public void A_range_of_ports_has_one_or_two_ends(string text, bool expected) =>
        Assert.Equal(expected, PortRange.Parse(text) is not null);

    [Fact]
    public async Task A_host_without_an_address_is_an_error_of_its_own()
    {
        using var client = Client(new OutboundOptions());
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://no-such-host.invalid/");

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, default));

        Assert.False(AddressRefusedException.IsCauseOf(error));
    }

    private static async Task AnswerRedirect(TcpListener listener)
    {
        using var connection = await listener.AcceptTcpClientAsync().WaitAsync(WaitTimeout);
        await connection.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"));
    }

    private static HttpMessageInvoker Client(OutboundOptions options) => new(new OutboundHttp(options).CreateHandler(), disposeHandler: true);

    private static async Task<HttpStatusCode> Get(HttpMessageInvoker client, string url, int port)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url.Replace("{0}", $"{port}", StringComparison.Ordinal));
        using var response = await client.SendAsync(request, default);
        return response.StatusCode;
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
