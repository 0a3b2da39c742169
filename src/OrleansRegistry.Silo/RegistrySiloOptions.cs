using System.Net;
using Microsoft.Extensions.Options;
using OrleansRegistry.Access;
using OrleansRegistry.Billing;
using OrleansRegistry.Cluster;
using OrleansRegistry.Models;
using OrleansRegistry.Outbound;
using OrleansRegistry.Storage;

namespace OrleansRegistry;

/// <summary>
/// A silo of the registry in a service: its database, its addresses, and what the nodes of its cluster share. Give what
/// the nodes have in their settings of the same names.
/// </summary>
public sealed class RegistrySiloOptions
{
    /// <summary>An Npgsql connection string, or null for a SQLite file, which one process uses.</summary>
    public string? PostgresConnectionString { get; set; }

    /// <summary>The directory of the SQLite file and, unless <see cref="Secret"/> is set, of the file <c>secret</c>.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>
    /// The secret of the deployment, at least 32 bytes: the same on all nodes. Must be set on PostgreSQL. On SQLite the
    /// file <c>secret</c> holds one, which the first start makes.
    /// </summary>
    public ReadOnlyMemory<byte>? Secret { get; set; }

    /// <summary>A secret that counts beside <see cref="Secret"/> while that is replaced, or null.</summary>
    public ReadOnlyMemory<byte>? PreviousSecret { get; set; }

    /// <summary>The IP address on which other nodes and clients reach the silo.</summary>
    public IPAddress AdvertisedAddress { get; set; } = IPAddress.Loopback;

    /// <summary>The IP address that the silo's ports are bound to; null for the advertised one.</summary>
    public IPAddress? ListenAddress { get; set; }

    /// <summary>The port on which silos talk to each other.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port for gateways and other Orleans clients; 0 for none.</summary>
    public int ClientPort { get; set; }

    /// <summary>The silo's certificate of the cluster's authority, or null for a cluster that runs without.</summary>
    public ClusterCertificateFiles? Certificates { get; set; }

    /// <summary>Lets the silo listen beyond loopback although nothing protects its connections.</summary>
    public bool InsecureCluster { get; set; }

    /// <summary>The directory of the artifacts' files, which the nodes of a cluster share; null for no artifacts.</summary>
    public string? ArtifactDirectory { get; set; }

    /// <summary>How many bytes of the artifacts' disk stay free.</summary>
    public long MinFreeBytes { get; set; } = 1L << 30;

    /// <summary>The age in days at which events that are billed and delivered are removed. 0 keeps all.</summary>
    public int EventRetentionDays { get; set; }

    /// <summary>Where health URLs and webhooks may be; null for the defaults of the settings.</summary>
    public OutboundOptions? Outbound { get; set; }

    /// <summary>How much a model and a workspace may hold.</summary>
    public ModelOptions Quotas { get; set; } = new();

    /// <summary>Rates and statements.</summary>
    public BillingOptions Billing { get; set; } = new();

    internal bool IsEmbedded => PostgresConnectionString is null;

    internal IPAddress BoundAddress => ListenAddress ?? AdvertisedAddress;

    internal StorageOptions Storage => new()
    {
        DataDirectory = DataDirectory,
        PostgresConnectionString = PostgresConnectionString,
        EventRetentionDays = EventRetentionDays,
    };

    internal OutboundOptions Guard => (Outbound ?? new OutboundOptions { AllowPrivate = IsEmbedded, AllowLoopback = IsEmbedded }) with
    {
        OwnPorts = [SiloPort, ClientPort, .. Outbound?.OwnPorts ?? []],
    };

    internal AccessSecret OpenSecret() => new(Secret, PreviousSecret, DataDirectory);

    /// <summary>Throws when an option is not valid.</summary>
    /// <exception cref="OptionsValidationException">The message names every option that is not valid.</exception>
    internal void Validate()
    {
        List<string> problems = [.. Problems()];
        if (problems.Count > 0)
        {
            throw new OptionsValidationException(nameof(RegistrySiloOptions), GetType(), problems);
        }
    }

    private IEnumerable<string> Problems()
    {
        if (!IsEmbedded && Secret is null)
        {
            yield return $"{nameof(Secret)} must be set on PostgreSQL: the nodes of a cluster have one secret.";
        }

        foreach (var (name, secret) in ((string, ReadOnlyMemory<byte>?)[])[(nameof(Secret), Secret), (nameof(PreviousSecret), PreviousSecret)])
        {
            if (secret is { Length: < AccessSecret.MinBytes })
            {
                yield return $"{name} must have at least {AccessSecret.MinBytes} bytes.";
            }
        }

        if (SiloPort is < 1 or > IPEndPoint.MaxPort)
        {
            yield return $"{nameof(SiloPort)} is {SiloPort}, which is no port.";
        }

        if (ClientPort is < 0 or > IPEndPoint.MaxPort || ClientPort == SiloPort)
        {
            yield return $"{nameof(ClientPort)} is {ClientPort}; it must be a port of its own, or 0.";
        }

        if (Certificates is null && !InsecureCluster && !IPAddress.IsLoopback(BoundAddress))
        {
            yield return $"{nameof(Certificates)} must be set where other machines reach the silo, or {nameof(InsecureCluster)} on a network "
                + "where nobody else is.";
        }

        if (EventRetentionDays is < 0 or > 36_500)
        {
            yield return $"{nameof(EventRetentionDays)} must be from 0 to 36500.";
        }

        if (!Currency.IsKnown(Billing.Currency))
        {
            yield return $"{nameof(Billing)}.{nameof(Billing.Currency)} is '{Billing.Currency}'; it must be the ISO 4217 code of a currency.";
        }
    }
}
