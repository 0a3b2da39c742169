namespace OrleansRegistry.Versions;

/// <summary>Versions as callers see them.</summary>
internal static class VersionViews
{
    /// <summary>The version as callers see it; one of a deleted model is deleted with it (rule L5).</summary>
    public static VersionView ToView(
        this ModelVersionState version, bool isPrimary, int revision, DateTimeOffset? modelDeletedAt = null) => new()
        {
            Id = version.Id.ToString(),
            ModelId = version.ModelId,
            ModelName = version.ModelName,
            Version = version.Version,
            State = modelDeletedAt is null ? version.State : VersionState.Deleted,
            Stage = version.Stage,
            IsPrimary = isPrimary,
            Serving = version.Serving is not { } serving ? null : new ServingView
            {
                Url = serving.Url,
                HealthUrl = serving.HealthUrl,
                StartupTimeoutSeconds = serving.StartupTimeoutSeconds,
                Status = serving.Status,
                Since = serving.Since,
                Message = serving.Message,
                ServedName = serving.ServedName,
                OpenaiPaths = serving.OpenaiPaths,
                Servers = serving.Runtime is null ? [.. ServerRules.Of(serving).Select(server => ToView(server, serving))] : null,
                MinReady = serving.MinReady ?? 1,
                Repeatable = serving.Repeatable,
                ProbeSeconds = serving.ProbeSeconds ?? 0,
                Health = HealthRules.IsUnhealthy(serving) ? VersionHealth.Unhealthy : null,
            },
            Runtime = version.Serving is { Runtime: { } runtime } ? new RuntimeSpec
            {
                Environment = runtime.Environment,
                Command = runtime.Command,
                Env = runtime.Env,
                StartupTimeoutSeconds = version.Serving.StartupTimeoutSeconds,
            } : null,
            Artifact = version.Artifact,
            InstanceType = version.InstanceType,
            Description = version.Description,
            Labels = version.Labels,
            ExternalId = version.ExternalId,
            CreatedAt = version.CreatedAt,
            CreatedBy = version.CreatedBy,
            CreatedByName = version.CreatedByName,
            PublishedAt = version.PublishedAt,
            ActivatedAt = version.ActivatedAt,
            DeactivatedAt = version.DeactivatedAt,
            DeletedAt = version.DeletedAt ?? modelDeletedAt,
            Revision = revision,
        };

    private static ServerView ToView(ServerState server, ServingState serving) => new()
    {
        Url = server.Url,
        HealthUrl = server.HealthUrl,
        State = serving.Status == ServingStatus.Stopped ? null : server.IsUp(serving) ? ServerStatus.Up : ServerStatus.Starting,
        Since = serving.Status == ServingStatus.Stopped ? serving.Since : server.Since,
    };
}
