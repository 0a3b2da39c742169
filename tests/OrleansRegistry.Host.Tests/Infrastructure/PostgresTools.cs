using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>PostgreSQL's own programs to dump and restore a database.</summary>
internal static class PostgresTools
{
    /// <summary>Dumps a database to a file, as docs/operations.md says.</summary>
    public static Task Dump(string connectionString, string file, params string[] options) =>
        Run("pg_dump", connectionString, ["--format=custom", .. options, $"--file={file}"]);

    /// <summary>Restores a dump into an empty database, as docs/operations.md says.</summary>
    public static Task Restore(string connectionString, string file) =>
        Run("pg_restore", connectionString, ["--no-owner", "--single-transaction", $"--dbname={Database(connectionString)}", file]);

    private static async Task Run(string program, string connectionString, IEnumerable<string> arguments)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(Find(program), arguments) { RedirectStandardError = true };
        start.Environment["PGHOST"] = server.Host;
        start.Environment["PGPORT"] = server.Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = server.Username;
        start.Environment["PGPASSWORD"] = server.Password;
        start.Environment["PGDATABASE"] = server.Database;
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {errors}");
    }

    private static string Database(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Database!;

    /// <summary>The newest of Debian's versions, or else what is on the PATH, as scripts/postgres.sh finds the server.</summary>
    private static string Find(string program) =>
        (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
            .Where(version => File.Exists(Path.Combine(version, "bin", program)))
            .MaxBy(version => int.Parse(Path.GetFileName(version), CultureInfo.InvariantCulture)) is { } newest
            ? Path.Combine(newest, "bin", program)
            : program;
}
