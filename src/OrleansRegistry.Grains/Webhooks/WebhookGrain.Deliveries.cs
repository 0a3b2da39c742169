using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Webhooks;

/// <summary>Tells the receiver what has happened, page by page of events behind the cursor.</summary>
internal sealed partial class WebhookGrain
{
    private const int PageSize = 100;
    private const int MaxModelsAtOnce = 8;

    // The cursor is stored as it moves, and when so many events have passed that are none of this webhook's.
    private const int StoreEvery = 1000;

    // A receiver that is fast doesn't have the row written for each event.
    private static readonly TimeSpan StoreInterval = TimeSpan.FromMilliseconds(250);

    private DeliveryRound? _round;

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
        await _row.Read();
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
        var round = _round = new DeliveryRound(page, told, from);
        using (var ended = new CancellationTokenSource())
        {
            try
            {
                await DeliverAll(row.Webhook.Url, round, ended.Token, stop);
            }
            finally
            {
                await ended.CancelAsync();
                await round.Storing;
                if (stop.IsCancellationRequested)
                {
                    // What was told is not told again by the silo that takes over.
                    await StoreProgress(round);
                }
            }
        }

        if (told != _told)
        {
            // The cursor was moved meanwhile.
            await Keep(stored => stored.With(round.Unstored));
            return true;
        }

        var isLastPage = page.Length < PageSize;
        var upTo = round.ToldUpTo ?? 0;
        var to = isLastPage && !round.Untold.Any() ? Math.Max(reached, upTo) : upTo;
        var failure = round.Failure;
        if (round.HasAttempts || to - Position(round.Cursor) >= StoreEvery)
        {
            // A command may move the cursor to where it was when the round began: that is no reason to move it on.
            var next = await Keep(stored => told == _told
                ? DeliveryRules.After(stored, round.Cursor, Text(to), round.Unstored, failure, clock.GetInstant(), RandomNumberGenerator.GetInt32(1001) / 1000.0)
                : stored.With(round.Unstored));
            if (told != _told)
            {
                return true;
            }

            if (next.Webhook is { State: WebhookState.Disabled, DisabledReason: { } reason } && row.Webhook.DisabledReason is null)
            {
                LogDisabled(context.GrainId, reason);
            }

            told.RemoveWhere(position => position <= to);
        }

        _round = null;
        _seen = Math.Max(_seen, to);
        return failure is null && !isLastPage;
    }

    /// <summary>Tells each model's events in order, several models at once.</summary>
    private async Task DeliverAll(string url, DeliveryRound round, CancellationToken ended, CancellationToken stop)
    {
        using var places = new SemaphoreSlim(MaxModelsAtOnce, MaxModelsAtOnce);
        await Task.WhenAll(round.Untold.GroupBy(happened => happened.ModelId).ToList().Select(DeliverModel));

        async Task DeliverModel(IEnumerable<RegistryEvent> events)
        {
            await places.WaitAsync(stop);
            try
            {
                foreach (var happened in events)
                {
                    // A command may have changed everything meanwhile, here or on the silo that has taken the place of
                    // this one.
                    if (!lease.IsHeld || Present is not { Webhook.State: WebhookState.Enabled } present || present.Webhook.Url != url || round.Told != _told)
                    {
                        return;
                    }

                    // With the secrets of now: one that was rotated before this event signs it.
                    var attempt = await sender.Send(present, happened, stop);
                    round.Add(happened, attempt);
                    if (round.Storing.IsCompleted)
                    {
                        round.Storing = StoreAsItGoes(round, ended);
                    }

                    if (attempt.Error is not null)
                    {
                        return;
                    }
                }
            }
            finally
            {
                places.Release();
            }
        }
    }

    /// <summary>
    /// Stores attempts until there are none that are not stored, or the round has ended, which stores the rest.
    /// </summary>
    private async Task StoreAsItGoes(DeliveryRound round, CancellationToken ended)
    {
        while (round.Unstored.Count > 0 && !ended.IsCancellationRequested)
        {
            await StoreProgress(round);
            await Task.Delay(StoreInterval, clock, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task StoreProgress(DeliveryRound round)
    {
        if (round.Told != _told || round.Unstored.Count == 0 || round.ToldUpTo is not { } upTo)
        {
            return;
        }

        var (to, attempts) = (Text(upTo), round.Unstored.ToList());
        try
        {
            var next = await Keep(stored => round.Told == _told ? DeliveryRules.During(stored, round.Cursor, to, attempts) : stored.With(attempts));
            round.Stored(attempts.Count);
            if (next.Webhook.LastEventId == to)
            {
                round.Cursor = to;
            }
        }
        catch (RegistryUnavailableException)
        {
            // Stored with what comes next.
        }
    }

    [LoggerMessage(150, LogLevel.Warning, "{Grain} can't deliver now")]
    private partial void LogAway(GrainId grain, Exception exception);

    [LoggerMessage(151, LogLevel.Warning, "{Grain} is disabled: {Reason}")]
    private partial void LogDisabled(GrainId grain, string reason);
}
