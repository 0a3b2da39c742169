using OrleansRegistry.Versions;

namespace OrleansRegistry.Models;

/// <summary>Models as callers see them.</summary>
internal static class ModelViews
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
            ByName = primary.ByName,
            Comment = primary.Comment,
            IsRoutable = model.Find(primary.Ordinal)?.IsRoutable is true,
        },
        PendingPrimary = model.PendingPrimary is not { } pending ? null : new PendingPrimaryView
        {
            VersionId = new VersionId(model.Id, pending.Ordinal).ToString(),
            Version = pending.Version,
        },
        PrimaryPolicy = model.PrimaryPolicy,
        Protected = model.Protected,
        OnUnhealthy = model.OnUnhealthy,
        FallBackSeconds = model.FallBackSeconds ?? HealthRules.DefaultFallBackSeconds,
        LatestVersion = model.LatestVersion,
        VersionCount = model.VersionCount,
        ActiveVersionCount = model.Active.Length,
        Counts = model.Counts,
        Aliases = [.. (model.Aliases ?? []).Select(alias => ToView(model, alias))],
        CreatedAt = model.CreatedAt,
        CreatedBy = model.CreatedBy,
        CreatedByName = model.CreatedByName,
        Revision = revision,
    };

    /// <summary>An alias as callers see it.</summary>
    public static AliasView ToView(this ModelState model, AliasState alias) => new()
    {
        Name = alias.Name,
        VersionId = alias.Target is { } target ? new VersionId(model.Id, target.Ordinal).ToString() : null,
        Version = alias.Target?.Version,
        Since = alias.Since,
        Reason = alias.Reason,
        By = alias.By,
        ByName = alias.ByName,
        Comment = alias.Comment,
        Protected = alias.Protected,
        Pending = AliasRules.Pending(model, alias) is { } pending ? Version(model, pending.Ordinal, pending.Version) : null,
        History = [.. alias.History.Select(past => Version(model, past.Ordinal, past.Version))],
    };

    private static AliasVersion Version(ModelState model, int ordinal, string version) =>
        new() { VersionId = new VersionId(model.Id, ordinal).ToString(), Version = version };
}
