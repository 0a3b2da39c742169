namespace OrleansRegistry.State;

/// <summary>
/// The name of the grain storage, and one state name for each type of grain: ADO.NET storage keys rows by state name and grain key, not
/// by grain type, so that no name may be used twice.
/// </summary>
internal static class StorageNames
{
    /// <summary>The grain storage that holds every row.</summary>
    public const string Registry = "registry";

    /// <summary>Rows of <see cref="Models.ModelGrain"/>.</summary>
    public const string Model = "model";

    /// <summary>Rows of <see cref="Versions.ModelVersionGrain"/>.</summary>
    public const string Version = "version";

    /// <summary>Rows of <see cref="Models.ModelNameGrain"/>.</summary>
    public const string Name = "name";

    /// <summary>Rows of <see cref="OrleansRegistry.Traffic.VersionTrafficGrain"/>.</summary>
    public const string Traffic = "traffic";

    /// <summary>Rows of <see cref="OrleansRegistry.Billing.RatesGrain"/>.</summary>
    public const string Rates = "rates";

    /// <summary>Rows of <see cref="OrleansRegistry.Billing.BillingGrain"/>: statements of months that are closed.</summary>
    public const string Billing = "billing";

    /// <summary>Rows of <see cref="OrleansRegistry.Webhooks.WebhookGrain"/>.</summary>
    public const string Webhook = "webhook";

    /// <summary>Rows of <see cref="OrleansRegistry.Artifacts.ArtifactGrain"/>.</summary>
    public const string Artifact = "artifact";

    /// <summary>Rows of <see cref="OrleansRegistry.Access.ApiKeyGrain"/>.</summary>
    public const string ApiKey = "key";

    /// <summary>Rows of <see cref="OrleansRegistry.Access.SessionGrain"/>.</summary>
    public const string Session = "session";

    /// <summary>Rows of <see cref="OrleansRegistry.Access.WorkspaceGrain"/>.</summary>
    public const string Workspace = "workspace";
}
