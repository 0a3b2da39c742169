using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace OrleansRegistry.Storage.Postgres.Cluster;

/// <summary>
/// Keeps the registry's grains in <see cref="RegistryGrainDirectory"/>; Orleans' own grains stay where Orleans has
/// them.
/// </summary>
internal sealed class RegistryGrainDirectoryResolver(RegistryGrainDirectory directory) : IGrainDirectoryResolver
{
    public bool TryResolveGrainDirectory(GrainType grainType, GrainProperties? properties, [NotNullWhen(true)] out IGrainDirectory? grainDirectory)
    {
        var isOurs = properties is not null
            && properties.Properties.TryGetValue(WellKnownGrainTypeProperties.FullTypeName, out var name)
            && name.StartsWith($"{nameof(OrleansRegistry)}.", StringComparison.Ordinal);
        grainDirectory = isOurs ? directory : null;
        return isOurs;
    }
}
