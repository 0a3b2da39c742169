using System.Net;
using Microsoft.Extensions.Options;
using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>The identity of a service towards the registry.</summary>
public class ModelRegistryOptions
{
    private const int MaxName = 64;

    /// <summary>The workspace of all calls. It must exist; <c>default</c> always does.</summary>
    public string Workspace { get; set; } = GrainKeys.DefaultWorkspace;

    /// <summary>
    /// The service's name: events and views call it <c>service:{name}</c>. 1 to 64 characters without blanks, control
    /// characters, and marks that change the direction of text; there is no default.
    /// </summary>
    public string Name { get; set; } = "";

    /// <summary>
    /// The role that commands are sent with. Only an admin deletes, and moves the primary of a protected model. The
    /// default is deployer. A service that is let into the cluster is trusted with the role that it states; see
    /// <see cref="RegistryClientOptions.Certificates"/>.
    /// </summary>
    public Role Role { get; set; } = Role.Deployer;

    /// <summary>The actor of its commands, as events and views name it.</summary>
    internal string Actor => $"service:{Name}";

    /// <summary>Throws when an option is not valid.</summary>
    /// <exception cref="OptionsValidationException">The message names every option that is not valid.</exception>
    internal void Validate()
    {
        List<string> problems = [];
        Validate(problems);
        if (problems.Count > 0)
        {
            throw new OptionsValidationException(nameof(ModelRegistryOptions), GetType(), problems);
        }
    }

    private protected virtual void Validate(List<string> problems)
    {
        if (Name.Length is 0 or > MaxName || Name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            problems.Add($"{nameof(Name)} must be 1 to {MaxName} characters without blanks and control characters.");
        }
        else if (!WellFormedText.IsWellFormed(Name) || !WellFormedText.IsName(Name))
        {
            problems.Add($"{nameof(Name)} {(WellFormedText.IsWellFormed(Name) ? WellFormedText.NameRule : WellFormedText.Rule)}.");
        }

        if (!ModelName.IsNormalizing)
        {
            problems.Add(ModelName.NotNormalizing);
        }

        if (!CommandValidation.IsWorkspace(Workspace))
        {
            problems.Add($"{nameof(Workspace)} '{Workspace}' is not the name of a workspace.");
        }
    }
}

/// <summary>The connection of a service to a cluster of the registry, and its identity there.</summary>
public sealed class RegistryClientOptions : ModelRegistryOptions
{
    /// <summary>
    /// The addresses at which silos take Orleans clients, as <c>host:port</c> with the port of their
    /// <c>Registry__ClientPort</c>. One that answers is enough to start. A name with several addresses is resolved
    /// again every second, so that silos may come and go.
    /// </summary>
    public IList<string> Silos { get; } = [];

    /// <summary>
    /// The service's certificate of the cluster's authority, or null for a cluster that runs without.
    /// </summary>
    public ClusterCertificateFiles? Certificates { get; set; }

    /// <summary>The silos as end points that may still have to be looked up.</summary>
    internal IReadOnlyList<DnsEndPoint> EndPoints => [.. Silos.Select(Parse).OfType<DnsEndPoint>()];

    private protected override void Validate(List<string> problems)
    {
        base.Validate(problems);
        if (Silos.Count == 0)
        {
            problems.Add($"{nameof(Silos)} must name at least one silo, as host:port.");
        }

        problems.AddRange(Silos.Where(silo => Parse(silo) is null).Select(silo => $"{nameof(Silos)} has '{silo}', which is not host:port."));
    }

    private static DnsEndPoint? Parse(string silo) =>
        Uri.TryCreate($"tcp://{silo}", UriKind.Absolute, out var uri) && uri.Port > 0 && uri.UserInfo.Length == 0 && uri.PathAndQuery is "" or "/"
            ? new DnsEndPoint(uri.DnsSafeHost, uri.Port)
            : null;
}
