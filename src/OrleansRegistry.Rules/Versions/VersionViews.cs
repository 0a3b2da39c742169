using OrleansRegistry.Models;
using OrleansRegistry.Versions;

namespace OrleansRegistry;

/// <summary>States as callers see them.</summary>
internal static class Views
{
    public static ModelView ToView(this ModelState model, int revision) => new()
    {
        Id = model.Id,
        Name = model.Name,
        Description = model.Description,
        Labels = model.Labels,
        Primary = model.Primary is not { } primary ? null : new PrimaryView
        {
            VersionId = new VersionId(model.Id, primary.Ordinal).ToString(),
            Version = primary.Version,
            Since = primary.Since,
            Reason = primary.Reason,
            By = primary.By,
        },
        PendingPrimary = model.PendingPrimary is not { } pending ? null : new PendingPrimaryView
        {
            VersionId = new VersionId(model.Id, pending.Ordinal).ToString(),
            Version = pending.Version,
        },
        PrimaryPolicy = model.PrimaryPolicy,
        Protected = model.Protected,
        LatestVersion = model.LatestVersion,
        VersionCount = model.VersionCount,
        ActiveVersionCount = model.Active.Length,
        CreatedAt = model.CreatedAt,
        CreatedBy = model.CreatedBy,
        Revision = revision,
    };

    public static VersionView ToView(this ModelVersionState version, bool isPrimary, int revision) => new()
    {
        Id = version.Id.ToString(),
        ModelId = version.ModelId,
        ModelName = version.ModelName,
        Version = version.Version,
        State = version.State,
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
        },
        Artifact = version.Artifact,
        InstanceType = version.InstanceType,
        Description = version.Description,
        Labels = version.Labels,
        ExternalId = version.ExternalId,
        CreatedAt = version.CreatedAt,
        CreatedBy = version.CreatedBy,
        PublishedAt = version.PublishedAt,
        ActivatedAt = version.ActivatedAt,
        DeactivatedAt = version.DeactivatedAt,
        DeletedAt = version.DeletedAt,
        Revision = revision,
    };
}
