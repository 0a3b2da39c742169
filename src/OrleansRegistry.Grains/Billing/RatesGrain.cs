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
    private readonly CommandRow<RatesState> _row = new(storage, StorageNames.Rates, context, clock, logger);

    public IGrainContext GrainContext => context;

    public async Task<RatesView> Get() =>
        (await _row.Read())?.ToView(_row.Version) ?? new RatesView { Currency = options.Value.Currency, Rates = [] };

    public async Task<Outcome<RatesView>> Put(PutRatesCommand command)
    {
        var now = clock.GetInstant();
        var before = await _row.Read();
        var put = await _row.Change(
            command.Context,
            row => !command.Context.Matches(EntityTag.OfRevision(_row.Version))
                ? new RegistryError(ErrorCode.RevisionMismatch, "If-Match names another revision; read the rates again.")
                : Next(row, command, now),
            next => [BillingEvents.RatesUpdated(next.Currency, next.Rates).By(command.Context, now)]);
        return put.TryGet(out var rates, out var error)
            ? rates.ToView(_row.Version + (command.Context.DryRun && !ReferenceEquals(rates, before) ? 1 : 0))
            : error;
    }

    private RatesState Next(RatesState? row, PutRatesCommand command, DateTimeOffset now)
    {
        var next = new RatesState
        {
            Currency = options.Value.Currency,
            Rates = Sort(command.Rates),
            UpdatedAt = now,
            UpdatedBy = command.Context.Actor,
            UpdatedByName = command.Context.ActorName,
            ExtensionData = row?.ExtensionData,
        };
        return row is not null && row.Currency == next.Currency && row.Rates.SequenceEqual(next.Rates) ? row : next;
    }

    private static ImmutableArray<Rate> Sort(ImmutableArray<Rate> rates) =>
    [
        .. rates.OrderBy(rate => rate.InstanceType, StringComparer.Ordinal).ThenBy(rate => rate.Stage).ThenBy(rate => rate.EffectiveFrom),
    ];
}
