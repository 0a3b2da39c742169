using System.Globalization;
using OrleansRegistry.Events;
using OrleansRegistry.Storage;
using OrleansRegistry.Storage.Sqlite;

namespace OrleansRegistry.Host;

/// <summary>
/// <c>accept-clock</c>: says of a clock that is behind what is stored that it is right. No node may be at work.
/// </summary>
internal static class AcceptClockCommand
{
    /// <summary>Stores it; answers the exit code, 0 when the clock is taken from now on.</summary>
    /// <exception cref="StartupException">The database can't be changed.</exception>
    public static async Task<int> Run(string[] args, TextWriter output, TimeProvider clock)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        var settings = RegistrySettings.Read(builder.Configuration);
        if (settings.PostgresConnectionString is not null)
        {
            throw new StartupException("Nodes on PostgreSQL go by the database's clock; accept-clock is for a SQLite file.");
        }

        var file = Path.GetFullPath(Path.Combine(settings.Options.DataDirectory, StorageOptions.FileName));
        if (!File.Exists(file))
        {
            throw new StartupException($"There is no {file} (Registry:DataDirectory).");
        }

        await using var database = RegistryStorage.Open(settings.Storage);
        await database.Start(CancellationToken.None);
        var instants = new StoredInstants(database);
        var (newest, accepted) = await instants.Find(StoredInstants.All, CancellationToken.None);
        var now = clock.GetInstant();
        var behind = ClockRules.Behind(now, ClockRules.Reference(newest, accepted));
        if (newest is not { } last || behind <= ClockRules.MaxDistance)
        {
            await output.WriteLineAsync("The clock is not behind what is stored; nothing was changed.");
            return 0;
        }

        await instants.Accept(new AcceptedClock(now, accepted?.Newest > last ? accepted.Newest : last), CancellationToken.None);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"The clock is accepted, {behind.TotalSeconds:F0} s behind. Instants of models stand still until it has passed {last.ToInstantText()}; that time is not billed."));
        return 0;
    }
}
