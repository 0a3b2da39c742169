using System.Collections.Immutable;
using System.Data.Common;

namespace OrleansRegistry.Storage.Check;

/// <summary>
/// Looks at every stored row and says what is wrong: rows that are empty or can't be read, and every disagreement
/// between a model, its name, its versions and its events. It only reads, and may run beside a node.
/// </summary>
public static class RegistryCheck
{
    /// <summary>Checks a database.</summary>
    /// <exception cref="StartupException">The database can't be read.</exception>
    public static Task<ImmutableArray<Finding>> Run(StorageOptions options, CancellationToken cancellationToken) =>
        Run(options, files: null, cancellationToken);

    /// <summary>Checks a database, and the files of artifacts unless they are null.</summary>
    /// <exception cref="StartupException">The database can't be read.</exception>
    internal static async Task<ImmutableArray<Finding>> Run(StorageOptions options, IArtifactFiles? files, CancellationToken cancellationToken)
    {
        await using var database = RegistryStorage.Open(options);
        try
        {
            // Before anything else opens the file.
            var damage = await database.FindDamage(cancellationToken);
            await using var connection = await database.Readers.OpenConnectionAsync(cancellationToken);
            var rows = await new RowCheck(database, connection, new ArtifactCheck(database, files, cancellationToken), cancellationToken).Run();
            return [.. damage.Select(text => new Finding("file", text)), .. rows];
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException or RegistryUnavailableException)
        {
            throw new StartupException($"{database.Describe()} can't be checked: {e.Message}", e);
        }
    }
}
