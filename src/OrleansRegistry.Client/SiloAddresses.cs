using System.Net;
using System.Net.Sockets;
using Orleans.Messaging;

namespace OrleansRegistry;

/// <summary>Finds silos by name: all addresses that the names stand for now.</summary>
internal sealed class SiloAddresses(IReadOnlyList<DnsEndPoint> endPoints) : IGatewayListProvider
{
    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(1);

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways() => [.. (await Task.WhenAll(endPoints.Select(Find))).SelectMany(found => found)];

    private static async Task<IEnumerable<Uri>> Find(DnsEndPoint silo)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(silo.Host)).Select(address => new IPEndPoint(address, silo.Port).ToGatewayUri());
        }
        catch (SocketException)
        {
            // Not there now; others may be.
            return [];
        }
    }
}
