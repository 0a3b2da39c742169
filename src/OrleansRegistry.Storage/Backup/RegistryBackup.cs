using System.Data.Common;

namespace OrleansRegistry.Storage.Backup;

/// <summary>
/// Copies all rows of a SQLite file as they are at one instant. It only reads, and may run beside a node.
/// </summary>
public static class RegistryBackup
{
    /// <summary>
    /// Writes the copy to a file of its own, which is there whole or not at all, and for its user only.
    /// </summary>
    /// <exception cref="StartupException">The database can't be read, or is none of SQLite.</exception>
    /// <exception cref="IOException">The file can't be written, or is there already.</exception>
    public static async Task Write(StorageOptions options, string file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        await using var database = RegistryStorage.Open(options);
        if (options.PostgresConnectionString is not null)
        {
            throw new StartupException($"{database.Describe()} is backed up with PostgreSQL's own pg_dump.");
        }

        if (File.Exists(file))
        {
            throw new IOException($"{file} is there already.");
        }

        var part = $"{file}.{Guid.NewGuid():N}";
        try
        {
            await PrivateFile.Open(part, FileMode.CreateNew, FileAccess.Write).DisposeAsync();
            await Copy(database, part, cancellationToken);
            Flush(part);
            File.Move(part, file, overwrite: false);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{file} can't be written: {e.Message}", e);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task Copy(RegistryDatabase database, string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.Readers.OpenConnectionAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "vacuum into @file";
            command.AddParameters([("file", file)]);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (DbException e)
        {
            throw new StartupException($"{database.Describe()} can't be copied: {e.Message}", e);
        }
    }

    /// <summary>SQLite leaves it to the system when the copy reaches the disk.</summary>
    private static void Flush(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        stream.Flush(flushToDisk: true);
    }
}
