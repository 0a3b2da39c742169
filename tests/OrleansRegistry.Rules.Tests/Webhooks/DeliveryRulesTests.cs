using System.Globalization;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Rules.Tests.Webhooks;

public sealed class DeliveryRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 0, 2.5)]
    [InlineData(1, 1, 5)]
    [InlineData(2, 1, 10)]
    [InlineData(5, 0.5, 60)]
    [InlineData(10, 1, 2560)]
    [InlineData(11, 1, 3600)]
    [InlineData(100, 0, 1800)]
    [InlineData(int.MaxValue, 1, 3600)]
    public void The_wait_doubles_up_to_an_hour_with_jitter(int failures, double random, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), DeliveryRules.Wait(failures, random));

    [Fact]
    public void What_is_told_moves_the_cursor_and_ends_a_failure()
    {
        var failing = Row("10") with { Failures = 3, Webhook = Row("10").Webhook with { FailingSince = Start, NextAttemptAt = Start } };

        var next = DeliveryRules.After(failing, "10", "12", [Attempt("11"), Attempt("12")], null, Start, 1);

        Assert.Equal(("12", null, null, 0), (next.Webhook.LastEventId, next.Webhook.FailingSince, next.Webhook.NextAttemptAt, next.Failures));
        Assert.Equal(["12", "11"], next.Deliveries.Select(attempt => attempt.EventId));
    }

    [Fact]
    public void What_is_told_while_others_are_on_their_way_moves_the_cursor_and_says_nothing_of_what_fails()
    {
        var failing = Row("10") with { Failures = 3, Webhook = Row("10").Webhook with { FailingSince = Start } };

        var elsewhere = DeliveryRules.During(failing, "10", "10", [Attempt("12")]);
        var onwards = DeliveryRules.During(failing, "10", "11", [Attempt("11")]);
        var moved = DeliveryRules.During(failing, "9", "11", [Attempt("11")]);

        Assert.Equal(("10", (DateTimeOffset?)Start, 3), (elsewhere.Webhook.LastEventId, elsewhere.Webhook.FailingSince, elsewhere.Failures));
        Assert.Equal(("11", null, 0), (onwards.Webhook.LastEventId, onwards.Webhook.FailingSince, onwards.Failures));
        Assert.Equal(("10", (DateTimeOffset?)Start, 3), (moved.Webhook.LastEventId, moved.Webhook.FailingSince, moved.Failures));
        Assert.All([elsewhere, onwards, moved], row => Assert.Single(row.Deliveries));
    }

    [Fact]
    public void A_cursor_that_was_moved_meanwhile_stays()
    {
        var next = DeliveryRules.After(Row("3"), "10", "12", [Attempt("11")], null, Start, 1);

        Assert.Equal("3", next.Webhook.LastEventId);
        Assert.Single(next.Deliveries);
    }

    [Fact]
    public void An_event_that_fails_for_a_day_disables_the_webhook_and_not_before()
    {
        var row = Row("10");
        var now = Start;
        var tries = 0;
        while (row.Webhook.State == WebhookState.Enabled)
        {
            Assert.True(now - Start < DeliveryRules.GiveUpAfter + TimeSpan.FromHours(1));
            var failure = Attempt("11", now, 500);
            row = DeliveryRules.After(row, "10", "10", [failure], failure, now, 1);
            tries++;
            Assert.Equal(Start, row.Webhook.FailingSince);
            now = row.Webhook.NextAttemptAt ?? now;
        }

        Assert.True(now - Start >= DeliveryRules.GiveUpAfter);
        Assert.Equal("Event 11 could not be delivered for a day. The last try: failed", row.Webhook.DisabledReason);
        Assert.Null(row.Webhook.NextAttemptAt);
        // Ten in the first hour and a half, then one an hour.
        Assert.Equal(34, tries);
        Assert.Equal(tries, row.Deliveries.Length);
    }

    [Fact]
    public void Another_event_that_fails_has_a_day_of_its_own()
    {
        var first = Attempt("11", Start, 500);
        var second = Attempt("12", Start.AddHours(23), 500);
        var failing = DeliveryRules.After(Row("10"), "10", "10", [first], first, Start, 1);

        var next = DeliveryRules.After(failing, "10", "11", [Attempt("11"), second], second, Start.AddHours(23), 1);

        Assert.Equal((Start.AddHours(23), 1), (next.Webhook.FailingSince, next.Failures));
    }

    [Fact]
    public void A_receiver_that_is_gone_is_told_no_more()
    {
        var failure = Attempt("11", Start, 410);

        var next = DeliveryRules.After(Row("10"), "10", "10", [failure], failure, Start, 1);

        Assert.Equal((WebhookState.Disabled, null), (next.Webhook.State, next.Webhook.NextAttemptAt));
    }

    [Fact]
    public void Only_the_last_attempts_are_kept()
    {
        var row = Row("0").With(Enumerable.Range(1, 40).Select(n => Attempt($"{n}"))).With(Enumerable.Range(41, 40).Select(n => Attempt($"{n}")));

        Assert.Equal(
            Enumerable.Range(31, WebhookRow.MaxDeliveries).Reverse().Select(n => n.ToString(CultureInfo.InvariantCulture)),
            row.Deliveries.Select(attempt => attempt.EventId));
    }

    [Fact]
    public void A_secret_lives_a_day_after_the_next_and_at_most_three_sign()
    {
        var row = Row("0").With("b", Start).With("c", Start.AddHours(1)).With("d", Start.AddHours(2));
        Assert.Equal(
            [("d", (DateTimeOffset?)null), ("c", Start.AddHours(26)), ("b", Start.AddHours(25))],
            row.Secrets.Select(secret => (secret.Value, secret.ExpiresAt)));

        Assert.Equal(["e", "d"], row.With("e", Start.AddHours(26)).Secrets.Select(secret => secret.Value));
    }

    [Fact]
    public void A_deleted_webhook_keeps_no_address_and_no_secret()
    {
        var row = Row("0").With([Attempt("1")]).Deleted(Start);

        Assert.Equal(("", WebhookState.Disabled, Start), (row.Webhook.Url, row.Webhook.State, row.DeletedAt));
        Assert.Empty(row.Secrets);
        Assert.Empty(row.Deliveries);
    }

    private static WebhookRow Row(string lastEventId) => new()
    {
        Webhook = new WebhookView
        {
            Id = "0000000000",
            Url = "http://host",
            Types = [],
            State = WebhookState.Enabled,
            LastEventId = lastEventId,
            CreatedAt = Start,
            CreatedBy = "test",
        },
        Secrets = [new WebhookSecret { Value = "a" }],
        LastCommand = Guid.Empty,
    };

    private static DeliveryView Attempt(string id, DateTimeOffset at = default, int status = 200) => new()
    {
        EventId = id,
        EventType = EventType.VersionReady,
        At = at,
        DurationMilliseconds = 1,
        Status = status,
        Error = status == 200 ? null : "failed",
    };
}
