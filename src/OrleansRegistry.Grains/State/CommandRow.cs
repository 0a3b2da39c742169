using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansRegistry.Events;

namespace OrleansRegistry.State;

/// <summary>
/// A row that commands change, each with one write. When a write fails, the row itself says whether it was stored
/// after all. One change comes
/// after the other, also where a grain does several things at once: each is a function of the row as it then is.
/// </summary>
/// <typeparam name="T">The type of the state.</typeparam>
/// <param name="storage">The grain storage.</param>
/// <param name="kind">The state name, unique for each type of grain.</param>
/// <param name="context">The grain that has the row.</param>
/// <param name="clock">The clock that deadlines are compared with.</param>
/// <param name="logger">Where stored commands are logged.</param>
internal sealed class CommandRow<T>(
    IGrainStorage storage, string kind, IGrainContext context, TimeProvider clock, ILogger logger)
    where T : CommandState
{
    private readonly StateRow<T> _row = new(storage, kind, context.GrainId);
    private Task _turn = Task.CompletedTask;

    /// <summary>The state as last confirmed, or null when there is no row.</summary>
    public T? Value => _row.Value;

    /// <summary>The row's version, raised by each write; 0 when there is no row.</summary>
    public int Version => _row.Version;

    /// <summary>
    /// Whether <see cref="Value"/> is what is stored; not before the first read, nor after a write whose outcome is
    /// unknown.
    /// </summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>Whether it is known that there is no row.</summary>
    public bool IsUnknown => IsConfirmed && Value is null;

    /// <summary>The state, read from the row unless it is confirmed.</summary>
    /// <param name="again">Read it in any case: somebody else may have changed it.</param>
    /// <exception cref="RegistryUnavailableException">The database can't answer.</exception>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public async Task<T?> Read(bool again = false)
    {
        if (again || !IsConfirmed)
        {
            await InTurn(() => Confirm(again));
        }

        return Value;
    }

    /// <summary>Changes the row on a command's behalf. Answers the state that is stored then.</summary>
    /// <param name="command">The context of the command.</param>
    /// <param name="change">
    /// The next state, or why there is none; the same instance for no change. Not stored when the command is dry.
    /// </param>
    /// <param name="events">The events of the change.</param>
    /// <exception cref="RegistryUnavailableException">
    /// The outcome is unknown, and the database can't say it either.
    /// </exception>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public Task<Outcome<T>> Change(
        CommandContext command, Func<T?, Outcome<T>> change, Func<T, IReadOnlyList<EventWrite>> events) => InTurn(async () =>
    {
        await Confirm();
        if (command.Deadline - clock.GetUtcNow() < CommandContext.StatementTimeout)
        {
            return StoreErrors.Unavailable();
        }

        var outcome = change(Value);
        if (outcome.Value is not { } changed || ReferenceEquals(changed, Value) || command.DryRun)
        {
            return outcome;
        }

        var next = changed with { LastCommand = command.CommandId };
        var written = next with { Events = events(next), NotAfter = command.Deadline };
        try
        {
            await Write(written, next);
        }
        catch (RegistryUnavailableException)
        {
            // The row says whether it was stored after all; while it can't be read, the next call asks it again.
            await Confirm();
        }

        if (Value is not { } stored || stored.LastCommand != command.CommandId)
        {
            return StoreErrors.Unavailable();
        }

        logger.LogStored(context.GrainId.Key, written.Events);
        return stored;
    });

    /// <summary>
    /// Changes the row, if there is one, on nobody's command: nothing has happened that anybody is told of.
    /// </summary>
    /// <param name="change">The next state; the same instance for no change.</param>
    /// <exception cref="RegistryUnavailableException">It is not known to be stored.</exception>
    /// <exception cref="StateCorruptException">The row can't be read.</exception>
    public Task<T?> Note(Func<T, T> change) => InTurn(async () =>
    {
        await Confirm();
        if (Value is { } row && change(row) is var next && !ReferenceEquals(next, row))
        {
            await Write(next, next);
        }

        return Value;
    });

    private async Task<T?> Confirm(bool again = false)
    {
        if (again || !IsConfirmed)
        {
            IsConfirmed = false;
            await _row.Read();
            IsConfirmed = true;
        }

        return Value;
    }

    private async Task Write(T written, T kept)
    {
        try
        {
            await _row.Write(written, kept);
        }
        catch
        {
            IsConfirmed = false;
            throw;
        }
    }

    /// <summary>Begins when all that was asked for before has ended.</summary>
    private Task<TResult> InTurn<TResult>(Func<Task<TResult>> action)
    {
        var turn = After(_turn, action);
        _turn = turn;
        return turn;
    }

    private static async Task<TResult> After<TResult>(Task before, Func<Task<TResult>> action)
    {
        await before.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return await action();
    }
}
