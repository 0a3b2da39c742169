using System.Data.Common;
using System.Diagnostics;
using OrleansRegistry.Storage.Schema;

namespace OrleansRegistry.Storage;

/// <summary>What differs between the two databases: how to connect, and the few places where their SQL does.</summary>
internal abstract class RegistryDatabase : IAsyncDisposable
{
    /// <summary>The longest that a statement may run, and a writer wait for its turn; see <see cref="CommandContext.StatementTimeout"/>.</summary>
    protected static readonly int StatementSeconds = (int)CommandContext.StatementTimeout.TotalSeconds;

    private const int MaxQuickReads = 3;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Connections that grain state is read and written through.</summary>
    public abstract DbDataSource Writers { get; }

    /// <summary>Connections that the catalog reads through.</summary>
    public abstract DbDataSource Readers { get; }

    /// <summary>The name by which Orleans' ADO.NET provider knows the driver.</summary>
    public abstract string Invariant { get; }

    /// <summary>The folder of this database's SQL.</summary>
    public abstract string Dialect { get; }

    /// <summary>A statement that must run before events are read by position, until it answers 0; or null.</summary>
    public abstract string? NumberEvents { get; }

    /// <summary>The condition that a row's labels have a value under a key, both of them parameters.</summary>
    public abstract string HasLabel(string key, string value);

    /// <summary>The condition that a text contains another, which is a parameter.</summary>
    public abstract string Contains(string text, string part);

    /// <summary>
    /// Selects the ids of the living models of a workspace whose folded name contains a part of three characters or
    /// more, from an index: the text with its values.
    /// </summary>
    public abstract (string Sql, object[] Values) FindByNamePart(string workspace, string part);

    /// <summary>Begins a transaction that only reads, and sees the rows as they are at its first statement.</summary>
    public abstract string BeginSnapshot { get; }

    /// <summary>The items of a list in JSON, each as text with its place from 0 on; <c>{0}</c> stands for the list.</summary>
    public abstract string ItemsOf { get; }

    /// <summary>
    /// The statement that puts a row of grain state, the parameter <c>payload</c>, in the place of the one with a key, a
    /// kind and a version.
    /// </summary>
    public abstract string ReplaceRow { get; }

    /// <summary>The texts of a list in JSON; <c>{0}</c> stands for the list.</summary>
    public abstract string TextsOf { get; }

    /// <summary>Keeps other nodes from changing the schema until the transaction ends.</summary>
    public abstract string LockSchema { get; }

    /// <summary>
    /// Statements that lock every table of the registry before scripts of the schema run, so that these wait for nobody
    /// who waits for them.
    /// </summary>
    /// <param name="areAltered">Whether not even readers may use the tables meanwhile.</param>
    /// <param name="isPatient">Whether shorter tries have failed.</param>
    public virtual IReadOnlyList<string> LockTables(bool areAltered, bool isPatient) => [];

    /// <summary>Whether the schema can't be changed only since other transactions are in the way.</summary>
    public virtual bool IsInTheWay(DbException exception) => false;

    /// <summary>The longest that a script of the schema may take, in seconds; 0 for as long as it takes.</summary>
    public virtual int SchemaSeconds => StatementSeconds;

    /// <summary>Gets ready to connect: makes what must be there, and refuses what can't work.</summary>
    /// <exception cref="StartupException">The database can't be used.</exception>
    public abstract Task Prepare(CancellationToken cancellationToken);

    /// <summary>Opens a connection, brings the schema up to date and looks at settings that lose data.</summary>
    /// <exception cref="StartupException">The database can't be used.</exception>
    public async Task Start(CancellationToken cancellationToken)
    {
        await Prepare(cancellationToken);
        try
        {
            await using var connection = await Writers.OpenConnectionAsync(cancellationToken);
            await SchemaRunner.Run(connection, this, SchemaScripts.Of(Dialect), cancellationToken);
        }
        catch (Exception e) when (e is DbException or TimeoutException or IOException)
        {
            throw new StartupException($"{Describe()} can't be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// Reads. A connection that turns out to be broken, as all are after a restart of the server, is replaced by another
    /// one. A server that is just starting is waited for, no longer than a statement may take.
    /// </summary>
    /// <exception cref="RegistryUnavailableException">The database doesn't answer.</exception>
    public async Task<T> Read<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                await using var connection = await Readers.OpenConnectionAsync(cancellationToken);
                return await read(connection);
            }
            catch (DbException e) when (e is { IsTransient: true, InnerException: not TimeoutException } && Stopwatch.GetElapsedTime(begun) < CommandContext.StatementTimeout)
            {
                // Another connection, then.
                await Task.Delay(tries < MaxQuickReads ? TimeSpan.Zero : RetryDelay, TimeProvider.System, cancellationToken);
            }
            catch (Exception e) when (e is DbException or TimeoutException or IOException)
            {
                throw new RegistryUnavailableException($"The database can't be read now: {e.Message}");
            }
        }
    }

    /// <summary>Why the node is not well although the database answers; null when it is well.</summary>
    public virtual string? FindTrouble() => null;

    /// <summary>Whether an error says that what is stored is damaged.</summary>
    public virtual bool IsDamage(DbException error) => false;

    /// <summary>What is damaged of the database's own files, where there are some to look at.</summary>
    public virtual Task<IReadOnlyList<string>> FindDamage(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Which database this is, without secrets.</summary>
    public abstract string Describe();

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await Writers.DisposeAsync();
        await Readers.DisposeAsync();
    }
}
