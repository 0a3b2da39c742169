using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Storage.Sqlite;

/// <summary>
/// Says once what is wrong with the file: at the start, whether it is damaged; then, when a write fails, why, and when
/// writes succeed again. While they fail it tries one each second.
/// </summary>
internal sealed partial class SqliteWatch(SqliteDatabase database, TimeProvider clock, ILogger<SqliteWatch> logger)
    : PeriodicWorker(Interval, clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private bool _isChecked;
    private string? _told;

    protected override async Task Work(CancellationToken stoppingToken)
    {
        if (!_isChecked)
        {
            // Once, whatever comes of it: it reads the whole file.
            _isChecked = true;
            if (await database.FindDamage(stoppingToken) is { Count: > 0 } damage)
            {
                LogDamaged(string.Join("; ", damage));
            }
        }

        if (database.Trouble.Reason is { } reason)
        {
            if (_told is null)
            {
                LogTrouble(reason);
            }

            _told = reason;
            await TryWrite(stoppingToken);
        }

        if (_told is not null && database.Trouble.Reason is null)
        {
            _told = null;
            LogWell();
        }
    }

    private async Task TryWrite(CancellationToken stoppingToken)
    {
        try
        {
            await database.TryWrite(stoppingToken);
        }
        catch (Exception e) when (e is SqliteException or TimeoutException)
        {
            // The reason stays.
        }
    }

    [LoggerMessage(306, LogLevel.Error, "The SQLite file is damaged: {Damage}. Keep a copy of the data directory, run check, and restore a backup")]
    private partial void LogDamaged(string damage);

    [LoggerMessage(307, LogLevel.Error, "{Reason}")]
    private partial void LogTrouble(string reason);

    [LoggerMessage(308, LogLevel.Information, "The SQLite file can be written again")]
    private partial void LogWell();

    [LoggerMessage(309, LogLevel.Warning, "The SQLite file could not be looked at")]
    protected override partial void LogFailure(Exception exception);
}
