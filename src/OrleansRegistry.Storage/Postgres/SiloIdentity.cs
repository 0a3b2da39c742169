using System.Globalization;
using System.Net;

namespace OrleansRegistry.Storage.Postgres;

/// <summary>How the database knows a silo: <c>address/port/generation</c>.</summary>
/// <param name="Name">Its name there.</param>
internal sealed record SiloIdentity(string Name)
{
    public static SiloIdentity Of(SiloAddress silo) =>
        new(FormattableString.Invariant($"{silo.Endpoint.Address}/{silo.Endpoint.Port}/{silo.Generation}"));

    public SiloAddress ToAddress()
    {
        var parts = Name.Split('/');
        return SiloAddress.New(
            IPAddress.Parse(parts[0]),
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            int.Parse(parts[2], CultureInfo.InvariantCulture));
    }
}
