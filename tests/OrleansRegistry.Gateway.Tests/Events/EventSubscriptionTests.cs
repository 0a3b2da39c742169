namespace OrleansRegistry.Gateway.Tests.Events;

public sealed class EventSubscriptionTests
{
    [Fact]
    public void A_reader_that_falls_behind_is_cut_off_and_keeps_what_it_was_given()
    {
        using var subscription = new EventSubscription("default", new EventFilter(), _ => { });
        for (var position = 1; position <= EventSubscription.Capacity; position++)
        {
            subscription.Offer(TestEvents.At(position));
        }

        Assert.False(subscription.Cut.IsCancellationRequested);
        subscription.Offer(TestEvents.At(EventSubscription.Capacity + 1));
        subscription.Offer(TestEvents.At(EventSubscription.Capacity + 2));

        Assert.True(subscription.Cut.IsCancellationRequested);
        for (var position = 1; position <= EventSubscription.Capacity; position++)
        {
            Assert.True(subscription.Events.TryRead(out var happened));
            Assert.Equal(position, happened.Position);
        }

        Assert.False(subscription.Events.TryRead(out _));
        Assert.True(subscription.Events.Completion.IsCompleted);
    }

    [Fact]
    public void A_reader_gets_what_it_asked_for_and_nothing_of_other_workspaces()
    {
        var ended = 0;
        using (var subscription = new EventSubscription(
            "default", new EventFilter { ModelId = "m", VersionId = "m-1", Actor = "test", Types = [EventType.VersionReady] }, _ => ended++))
        {
            subscription.Offer(TestEvents.At(1));
            subscription.Offer(TestEvents.At(2) with { Workspace = "other" });
            subscription.Offer(TestEvents.At(3) with { ModelId = "n" });
            subscription.Offer(TestEvents.At(4) with { VersionId = "m-2" });
            subscription.Offer(TestEvents.At(5) with { VersionId = null });
            subscription.Offer(TestEvents.At(6) with { Type = EventType.VersionFailed });
            subscription.Offer(TestEvents.At(7) with { Actor = "another" });

            Assert.True(subscription.Events.TryRead(out var happened));
            Assert.Equal(1, happened.Position);
            Assert.False(subscription.Events.TryRead(out _));
        }

        Assert.Equal(1, ended);
    }
}
