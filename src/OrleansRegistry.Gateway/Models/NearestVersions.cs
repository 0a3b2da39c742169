using System.Collections.Immutable;
using OrleansRegistry.Models;

namespace OrleansRegistry.Gateway;

/// <summary>Finds the versions that a selector passed by (rule S1).</summary>
internal sealed class NearestVersions(ModelDirectory directory, IRegistryCatalog catalog)
{
    /// <summary>The versions nearest to the one that was taken, or null when there is nothing to tell of.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="model">The model, by id or name.</param>
    /// <param name="selector">The selector, or null for the primary.</param>
    /// <param name="outcome">Where it leads.</param>
    /// <param name="modelIds">The only models that the caller may reach, by id; empty or default for all.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async Task<IReadOnlyList<NearVersion>?> Find(
        string workspace,
        string model,
        string? selector,
        Outcome<ResolvedVersion> outcome,
        ImmutableArray<string> modelIds,
        CancellationToken cancellationToken)
    {
        if (VersionSelector.Parse(selector) is not { } parsed
            || await directory.Read(workspace, model, cancellationToken) is not { Model: var known }
            || (!modelIds.IsDefaultOrEmpty && !modelIds.Contains(known.Id)))
        {
            return null;
        }

        var id = known.Id;
        var number = SelectionReasons.Anchor(parsed, outcome.Value?.Version);
        if (number is null && parsed is VersionSelector.ById { Id: var named } && named.ModelId == id)
        {
            number = (await catalog.FindVersion(workspace, named, cancellationToken))?.Version;
        }

        if (number is null && parsed is VersionSelector.ByAlias { Name: var alias })
        {
            number = known.Aliases.FirstOrDefault(view => view.Name == alias)?.Version;
        }

        // One more than are told of: the one that was taken is among them.
        var (above, below) = await catalog.ListNearest(
            workspace, id, number, SelectionReasons.MaxVersions + 1, cancellationToken);
        return SelectionReasons.Explain(parsed, outcome.Value?.VersionId, above, below);
    }
}
