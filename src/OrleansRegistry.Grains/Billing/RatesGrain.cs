using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using OrleansRegistry.State;

namespace OrleansRegistry.Billing;

/// <inheritdoc cref="IRatesGrain"/>
internal sealed class RatesGrain(
    [FromKeyedServices(StorageNames.Registry)] IGrainStorage storage,
    IGrainContext context,
    IOptions<BillingOptions> options,
    TimeProvider clock,
    ILogger<RatesGrain> logger)
    : IGrainBase, IRatesGrain
{
    private readonly StateRow<RatesState> _row = new(storage, StorageNames.Rates, context.GrainId);
    private bool _isConfirmed;

    public IGrainContext GrainContext => context;

    public async Task<RatesView> Get()
    {
        await Confirm();
        return _row.Value?.ToView(_row.Version) ?? new RatesView { Currency = options.Value.Currency, Rates = [] };
    }

    public async Task<Outcome<RatesView>> Put(PutRatesCommand command)
    {
        if (RateRules.Validate(command) is { IsEmpty: false } problems)
        {
            return RegistryError.Invalid(problems.AsSpan());
        }

        var present = await Get();
        if (command.Context.Deadline - clock.GetUtcNow() < CommandContext.StatementTimeout)
        {
            return StoreErrors.Unavailable();
        }

        if (!command.Context.Matches(EntityTag.OfRevision(present.Revision)))
        {
            return new RegistryError(ErrorCode.RevisionMismatch, "If-Match names another revision; read the rates again.");
        }

        var next = new RatesState
        {
            Currency = options.Value.Currency,
            Rates = Sort(command.Rates),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds()),
            UpdatedBy = command.Context.Actor,
            LastCommand = command.Context.CommandId,
        };
        var isSame = _row.Value is { } stored && stored.Currency == next.Currency && stored.Rates.SequenceEqual(next.Rates);
        return isSame ? present
            : command.Context.DryRun ? next.ToView(present.Revision + 1)
            : await Store(next, command.Context);
    }

    private async Task<Outcome<RatesView>> Store(RatesState next, CommandContext command)
    {
        _isConfirmed = false;
        var written = next with { Events = [BillingEvents.RatesUpdated(next.Currency, next.Rates).By(command, next.UpdatedAt)], NotAfter = command.Deadline };
        try
        {
            await _row.Write(written, next);
            _isConfirmed = true;
        }
        catch (RegistryUnavailableException)
        {
            // The row says whether it was stored after all; while it can't be read, the next call asks it again.
            await Confirm();
        }

        if (_row.Value?.LastCommand != next.LastCommand)
        {
            return StoreErrors.Unavailable();
        }

        logger.LogStored(context.GrainId.Key, written.Events);
        return next.ToView(_row.Version);
    }

    /// <summary>Reads the row on first use, and again after a write whose outcome is unknown.</summary>
    private async Task Confirm()
    {
        if (!_isConfirmed)
        {
            await _row.Read();
            _isConfirmed = true;
        }
    }

    private static ImmutableArray<Rate> Sort(ImmutableArray<Rate> rates) =>
    [
        .. rates.OrderBy(rate => rate.InstanceType, StringComparer.Ordinal).ThenBy(rate => rate.Stage).ThenBy(rate => rate.EffectiveFrom),
    ];
}
