namespace OrleansRegistry;

/// <summary>From which positions one can read on.</summary>
public sealed class EventRangeTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(1, ErrorCode.HistoryRemoved)]
    [InlineData(17, ErrorCode.HistoryRemoved)]
    [InlineData(18, null)]
    [InlineData(20, null)]
    [InlineData(21, ErrorCode.ValidationFailed)]
    [InlineData(long.MaxValue, ErrorCode.ValidationFailed)]
    public void A_position_is_good_behind_what_was_removed_and_up_to_the_last_event(long after, string? code) =>
        Assert.Equal(code, new EventRange(18, 20).Refusal("after", after)?.Code);

    [Fact]
    public void An_empty_log_is_read_from_its_beginning()
    {
        Assert.Null(new EventRange(0, 0).Refusal("after", 0));
        Assert.Equal("after", new EventRange(0, 0).Refusal("after", 1)!.Fields.Single().Field);
    }
}
