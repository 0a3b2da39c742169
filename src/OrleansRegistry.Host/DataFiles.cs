using OrleansRegistry.Gateway;
using OrleansRegistry.Storage;
using OrleansRegistry.Storage.Sqlite;

namespace OrleansRegistry.Host;

/// <summary>Looks at what a data directory holds, before a node adds files of its own.</summary>
internal static class DataFiles
{
    private const string Remedy = "Move it away, or name another directory (Registry:DataDirectory).";

    private static ReadOnlySpan<byte> DatabaseMark => "SQLite format 3\0"u8;

    /// <summary>Checks the database's file, the secret and the first key, as far as the node will use them.</summary>
    /// <param name="settings">The node's settings.</param>
    /// <param name="secret">The secret, on a node that has one.</param>
    /// <exception cref="IOException">One of them is not what it should be; the message names it.</exception>
    public static void Check(RegistrySettings settings, AccessSecret? secret)
    {
        var directory = Path.GetFullPath(settings.Options.DataDirectory);
        var database = Path.Combine(directory, StorageOptions.FileName);
        var isEmbedded = settings.PostgresConnectionString is null;
        if (isEmbedded)
        {
            CheckFile(database);
            CheckFile(Path.Combine(directory, SqliteDatabase.LockFileName));
            CheckDatabase(database);
        }

        secret?.CheckFile();
        if (secret is not null && isEmbedded && !File.Exists(database))
        {
            AccessBootstrapper.CheckFile(settings.Access);
        }
    }

    private static void CheckFile(string file)
    {
        if (Directory.Exists(file))
        {
            throw new StartupException($"{file} is a directory, and a file must be there. {Remedy}");
        }
    }

    private static void CheckDatabase(string file)
    {
        if (!File.Exists(file))
        {
            return;
        }

        // An empty file is a database without tables.
        Span<byte> mark = stackalloc byte[DatabaseMark.Length];
        using var stream = File.OpenRead(file);
        if (stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) is > 0 and var length && !mark[..length].SequenceEqual(DatabaseMark))
        {
            throw new StartupException($"{file} is no SQLite file. {Remedy}");
        }
    }
}
