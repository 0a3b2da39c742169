using OrleansRegistry.Access;
using OrleansRegistry.Gateway;
using OrleansRegistry.Storage;
using OrleansRegistry.Storage.Sqlite;

namespace OrleansRegistry.Host;

/// <summary>Looks at what a data directory holds, before a node adds files of its own.</summary>
internal static class DataFiles
{
    private const string Remedy = "Move it away, or name another directory (Registry:DataDirectory).";

    /// <summary>The files that hold keys, secrets, or rows with them.</summary>
    private static readonly string[] Secret =
    [
        AccessSecret.FileName, AccessBootstrapper.FileName, StorageOptions.FileName, StorageOptions.FileName + "-wal",
        StorageOptions.FileName + "-shm",
    ];

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

        CheckReaders(directory);
        secret?.CheckFile();
        if (secret is not null && isEmbedded && !File.Exists(database))
        {
            AccessBootstrapper.CheckFile(settings.Access);
        }
    }

    /// <summary>
    /// The files that name settings, or hold secret ones, and that other users of the machine can read. Their modes are
    /// those of whoever mounts them, so they are told of, and no more.
    /// </summary>
    public static IReadOnlyList<string> OpenSettings(RegistrySettings settings, IConfiguration configuration) =>
    [
        .. SecretFiles.All.Concat([settings.Options.Cluster.Key])
            .Concat(configuration.AsEnumerable().Where(setting => IsKeyFile(setting.Key)).Select(setting => setting.Value))
            .OfType<string>().Where(FileReaders.AreOthers).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>Whether a setting names a private key of the server's own.</summary>
    private static bool IsKeyFile(string setting) =>
        setting.StartsWith("Kestrel:", StringComparison.OrdinalIgnoreCase)
        && setting.EndsWith(":KeyPath", StringComparison.OrdinalIgnoreCase);

    private static void CheckReaders(string directory)
    {
        if (!FileReaders.IsOpen(directory))
        {
            return;
        }

        string[] files = [.. Secret.Select(name => Path.Combine(directory, name)).Where(FileReaders.AreOthers)];
        if (files is not [])
        {
            throw new StartupException(
                $"Other users of this machine can read {string.Join(", ", files)}. Keep them out: chmod go-rwx {string.Join(' ', files)}");
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
