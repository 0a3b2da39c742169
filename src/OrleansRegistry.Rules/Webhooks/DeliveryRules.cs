namespace OrleansRegistry.Webhooks;

/// <summary>When a delivery that failed is tried again, and when no more.</summary>
internal static class DeliveryRules
{
    /// <summary>How long a webhook may fail before it is disabled.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(1);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromHours(1);

    /// <summary>
    /// How long to wait after so many tries in a row that failed: five seconds, twice as long after each, at most an
    /// hour; of that, a random share of the second half, so that what failed together doesn't come back together.
    /// </summary>
    /// <param name="failures">How many; at least 1.</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan Wait(int failures, double random)
    {
        var whole = FirstDelay * Math.Pow(2, Math.Min(failures - 1, 20));
        return (whole < MaxDelay ? whole : MaxDelay) * ((1 + random) / 2);
    }

    /// <summary>The row while a try goes on. Whether the webhook fails, its end says.</summary>
    /// <param name="row">The row as it is.</param>
    /// <param name="from">The cursor that was stored last; when it was moved meanwhile, it stays.</param>
    /// <param name="to">The position up to which all is told now.</param>
    /// <param name="attempts">The attempts since, in order.</param>
    public static WebhookRow During(WebhookRow row, string from, string to, IReadOnlyCollection<DeliveryView> attempts)
    {
        var next = row.With(attempts);
        return next.Webhook.LastEventId != from || to == from
            ? next
            : next with { Failures = 0, Webhook = next.Webhook with { LastEventId = to, FailingSince = null, NextAttemptAt = null } };
    }

    /// <summary>The row after a try.</summary>
    /// <param name="row">The row as it is.</param>
    /// <param name="from">The cursor at which the try began; when it was moved meanwhile, it stays.</param>
    /// <param name="to">The position up to which all is told now.</param>
    /// <param name="attempts">The attempts, in order.</param>
    /// <param name="failure">The last attempt that failed, or null when none did.</param>
    /// <param name="now">The instant after it.</param>
    /// <param name="random">From 0 to 1.</param>
    public static WebhookRow After(
        WebhookRow row, string from, string to, IReadOnlyCollection<DeliveryView> attempts, DeliveryView? failure, DateTimeOffset now, double random)
    {
        var next = row.With(attempts);
        if (next.Webhook.LastEventId != from)
        {
            return next;
        }

        if (failure is null)
        {
            return next with { Failures = 0, Webhook = next.Webhook with { LastEventId = to, FailingSince = null, NextAttemptAt = null } };
        }

        // What goes on elsewhere is no sign that the event that fails will ever be taken.
        var since = to == from ? next.Webhook.FailingSince ?? failure.At : failure.At;
        var failures = to == from ? next.Failures + 1 : 1;
        var reason = failure.Status == 410 ? "The receiver answered 410: it is gone."
            : now - since >= GiveUpAfter ? $"Event {failure.EventId} could not be delivered for a day. The last try: {failure.Error}"
            : null;
        return next with
        {
            Failures = failures,
            Webhook = next.Webhook with
            {
                LastEventId = to,
                FailingSince = since,
                NextAttemptAt = reason is null ? now + Wait(failures, random) : null,
                State = reason is null ? next.Webhook.State : WebhookState.Disabled,
                DisabledReason = reason,
            },
        };
    }
}
