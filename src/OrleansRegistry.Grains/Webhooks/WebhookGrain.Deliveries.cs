using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Webhooks;

/// <summary>Tells the receiver what has happened, page by page of events behind the cursor.</summary>
internal sealed partial class WebhookGrain
{
    private const int PageSize = 100;
    private const int MaxModelsAtOnce = 8;

    // The cursor is stored with every delivery, and when so many events have passed that are none of this webhook's.
    private const int StoreEvery = 1000;

    private async Task Deliver(CancellationToken stop)
    {
        try
        {
            while (await DeliverPage(stop))
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What was not stored as told is told again.
        }
        catch (Exception e) when (e is RegistryUnavailableException or StateCorruptException)
        {
            LogAway(context.GrainId, e);
        }
    }

    /// <summary>Tells what is to be told next; answers whether there may be more.</summary>
    private async Task<bool> DeliverPage(CancellationToken stop)
    {
        await Confirm();
        if (Present is not { Webhook.State: WebhookState.Enabled } row || row.Webhook.NextAttemptAt > clock.GetUtcNow())
        {
            return false;
        }

        var from = row.Webhook.LastEventId;
        var told = _told;
        var seen = Math.Max(_seen, Position(from));
        var reached = await catalog.FindLastPosition(stop);
        if (reached <= seen)
        {
            return false;
        }

        var filter = new EventFilter { ModelId = row.Webhook.ModelId, Types = row.Webhook.Types, After = seen };
        var page = await catalog.ListEvents(_key.Workspace, filter, PageSize, stop);
        var attempts = await DeliverAll(row, page, told, stop);
        if (told != _told)
        {
            // The cursor was moved meanwhile.
            await Keep(stored => stored.With(attempts));
            return true;
        }

        var isLastPage = page.Length < PageSize;
        var missing = page.FirstOrDefault(happened => !told.Contains(happened.Position));
        var to = missing is not null ? missing.Position - 1 : isLastPage ? Math.Max(reached, page.IsEmpty ? 0 : page[^1].Position) : page[^1].Position;
        var failure = attempts.LastOrDefault(attempt => attempt.Error is not null);
        if (attempts.Count > 0 || to - Position(from) >= StoreEvery)
        {
            var next = await Keep(stored => DeliveryRules.After(stored, from, Text(to), attempts, failure, Now(), RandomNumberGenerator.GetInt32(1001) / 1000.0));
            if (next.Webhook is { State: WebhookState.Disabled, DisabledReason: { } reason } && row.Webhook.DisabledReason is null)
            {
                LogDisabled(context.GrainId, reason);
            }

            told.RemoveWhere(position => position <= to);
        }

        _seen = Math.Max(_seen, to);
        return failure is null && !isLastPage;
    }

    /// <summary>Tells each model's events in order, several models at once. Answers all attempts.</summary>
    private async Task<List<DeliveryView>> DeliverAll(WebhookRow row, ImmutableArray<RegistryEvent> page, HashSet<long> told, CancellationToken stop)
    {
        List<DeliveryView> attempts = [];
        using var places = new SemaphoreSlim(MaxModelsAtOnce, MaxModelsAtOnce);
        await Task.WhenAll(page.Where(happened => !told.Contains(happened.Position)).GroupBy(happened => happened.ModelId).Select(DeliverModel));
        return attempts;

        async Task DeliverModel(IEnumerable<RegistryEvent> events)
        {
            await places.WaitAsync(stop);
            try
            {
                foreach (var happened in events)
                {
                    // A command may have changed everything meanwhile, here or on the silo that has taken the place of this one.
                    if (!lease.IsHeld || Present is not { Webhook: { State: WebhookState.Enabled } webhook } || webhook.Url != row.Webhook.Url || told != _told)
                    {
                        return;
                    }

                    var attempt = await sender.Send(row, happened, stop);
                    attempts.Add(attempt);
                    if (attempt.Error is not null)
                    {
                        return;
                    }

                    told.Add(happened.Position);
                }
            }
            finally
            {
                places.Release();
            }
        }
    }

    [LoggerMessage(150, LogLevel.Warning, "{Grain} can't deliver now")]
    private partial void LogAway(GrainId grain, Exception exception);

    [LoggerMessage(151, LogLevel.Warning, "{Grain} is disabled: {Reason}")]
    private partial void LogDisabled(GrainId grain, string reason);
}
