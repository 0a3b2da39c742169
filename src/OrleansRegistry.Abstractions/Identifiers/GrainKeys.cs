namespace OrleansRegistry;

/// <summary>
/// The one place that builds grain keys. Every key carries a <c>/</c>: ADO.NET grain storage reads a text that looks like a
/// hexadecimal number as one, so that <c>face</c> and <c>FACE</c> would share a row.
/// </summary>
internal static class GrainKeys
{
    /// <summary>The workspace that is there from the first start on.</summary>
    public const string DefaultWorkspace = "default";

    /// <summary>Stands in place of a workspace in the keys of grains that belong to none. No workspace has this name.</summary>
    public const string NoWorkspace = "-";

    /// <summary>
    /// The key of the grain that owns a model's name. Braces are written as no name can hold them: ADO.NET grain storage uses a key as a
    /// format, and throws for one with a brace after it has stored the row.
    /// </summary>
    public static string Name(string workspace, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return $"name/{workspace}/{name.Replace("{", "%7B", StringComparison.Ordinal).Replace("}", "%7D", StringComparison.Ordinal)}";
    }

    /// <summary>The key of the grain that reads a workspace's catalog.</summary>
    public static string Catalog(string workspace) => $"catalog/{workspace}/all";

    /// <summary>The key of a model's grain.</summary>
    public static string Model(string workspace, string modelId) => $"model/{workspace}/{modelId}";

    /// <summary>The key of a version's grain.</summary>
    public static string Version(string workspace, VersionId id) => $"version/{workspace}/{id}";

    /// <summary>The key of the grain that adds up a version's traffic.</summary>
    public static string Traffic(string workspace, VersionId id) => $"traffic/{workspace}/{id}";

    /// <summary>The key of the grain that owns a workspace's rates.</summary>
    public static string Rates(string workspace) => $"rates/{workspace}/all";

    /// <summary>The key of the grain that owns a month's statement.</summary>
    public static string Billing(string workspace, BillingMonth month) => $"billing/{workspace}/{month}";

    /// <summary>The key of a webhook's grain.</summary>
    public static string Webhook(string workspace, string webhookId) => $"webhook/{workspace}/{webhookId}";

    /// <summary>The key of an artifact's grain.</summary>
    public static string OfArtifact(string workspace, string digest) => $"artifact/{workspace}/{digest}";

    /// <summary>The key of the grain of a file's upload.</summary>
    public static string Upload(string workspace, string sha256) => $"upload/{workspace}/{sha256}";

    /// <summary>The key of an API key's grain. It belongs to no workspace, since the key is what tells the caller's.</summary>
    public static string ApiKey(string prefix) => $"key/{NoWorkspace}/{prefix}";

    /// <summary>
    /// The key of the grain of a browser's session: those of one API key stand together. It belongs to no workspace,
    /// since the API key is what tells the caller's.
    /// </summary>
    public static string Session(SessionId session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return $"{Sessions(session.KeyPrefix)}{session.Id}";
    }

    /// <summary>The beginning of the keys of an API key's sessions.</summary>
    public static string Sessions(string keyPrefix) => $"session/{NoWorkspace}/{keyPrefix}.";

    /// <summary>The key of a workspace's own grain.</summary>
    public static string Workspace(string name) => $"workspace/{NoWorkspace}/{name}";

    /// <summary>Splits a key into its workspace and the id or name behind it.</summary>
    /// <exception cref="FormatException">The key was not built here.</exception>
    public static (string Workspace, string Id) Split(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var parts = key.Split('/', 3);
        return parts is [_, var workspace, var id] ? (workspace, id) : throw new FormatException($"'{key}' is no grain key.");
    }
}
