using OrleansRegistry.RestClient;

namespace OrleansRegistry.Cli.Commands;

/// <summary>Models and versions as people read them.</summary>
internal static class VersionFields
{
    public static readonly string[] Header = ["VERSION", "STATE", "PRIMARY", "SERVING", "LABELS", "CREATED", "ID"];

    public static string?[] Row(ModelVersion version) =>
    [
        version.Version, version.State, version.IsPrimary ? "*" : null, version.Serving?.Status,
        Inputs.LabelText(version.Labels),
        Inputs.Instant(version.CreatedAt), version.Id,
    ];

    public static IEnumerable<(string Name, string? Value)> Of(ModelVersion version) =>
    [
        ("model", version.ModelName), ("version", version.Version), ("id", version.Id), ("state", version.State),
        ("primary", version.IsPrimary ? "yes" : "no"), ("serving", version.Serving?.Status),
        ("health", version.Serving?.Health),
        ("message", version.Serving?.Message),
        ("url", version.Serving?.Url), ("health url", version.Serving?.HealthUrl),
        ("served name", version.Serving?.ServedName),
        ("openai paths", version.Serving?.OpenaiPaths is { } paths ? string.Join(' ', paths) : null),
        ("artifact", version.Artifact?.Uri),
        ("instance type", version.InstanceType), ("labels", Inputs.LabelText(version.Labels)),
        ("description", version.Description),
        ("external id", version.ExternalId), ("created", $"{Inputs.Instant(version.CreatedAt)} by {version.CreatedBy}"),
        ("published", Inputs.Instant(version.PublishedAt)), ("deactivated", Inputs.Instant(version.DeactivatedAt)),
        ("deleted", Inputs.Instant(version.DeletedAt)),
    ];

    public static IEnumerable<(string Name, string? Value)> Of(Model model) =>
    [
        ("model", model.Name), ("id", model.Id),
        (
            "primary",
            model.Primary is { } primary
                ? $"{primary.Version} since {Inputs.Instant(primary.Since)} ({primary.Reason} by {primary.By})"
                : "none"),
        ("next primary", model.PendingPrimary?.Version), ("primary policy", model.PrimaryPolicy),
        ("aliases", Aliases(model)),
        ("protected", model.Protected ? "yes" : "no"), ("on unhealthy", OnUnhealthy(model)),
        ("latest version", model.LatestVersion),
        ("versions", $"{model.VersionCount}, {model.ActiveVersionCount} active"),
        ("labels", Inputs.LabelText(model.Labels)), ("description", model.Description),
        ("created", $"{Inputs.Instant(model.CreatedAt)} by {model.CreatedBy}"),
    ];

    /// <summary>What happens while the primary is unhealthy; a registry of an earlier release doesn't say.</summary>
    private static string? OnUnhealthy(Model model) => model.Raw.TryGetProperty("on_unhealthy", out _)
        ? model.OnUnhealthy == OnUnhealthyValues.FallBack ? $"falls back after {model.FallBackSeconds} s" : "stays"
        : null;

    /// <summary>The aliases; a registry of an earlier release knows none.</summary>
    private static string? Aliases(Model model) => model.Raw.TryGetProperty("aliases", out _)
        ? string.Join(' ', model.Aliases.Select(alias => $"@{alias.Name}={alias.Version ?? "none"}"))
        : null;
}
