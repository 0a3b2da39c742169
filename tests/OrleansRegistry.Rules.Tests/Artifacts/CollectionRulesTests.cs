namespace OrleansRegistry.Artifacts;

/// <summary>When artifacts and files are collected (rule F6).</summary>
public sealed class CollectionRulesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null, nameof(CollectionStep.None))]
    [InlineData(0, null, nameof(CollectionStep.Keep))]
    [InlineData(100_000, 100_000, nameof(CollectionStep.Keep))]
    public void F6_what_is_used_stays(int? unusedFor, int? markedFor, string step) => Assert.Equal(step, Next(true, unusedFor, markedFor));

    [Theory]
    [InlineData(null, null, nameof(CollectionStep.NoteUnused))]
    [InlineData(0, null, nameof(CollectionStep.None))]
    [InlineData(86_399, null, nameof(CollectionStep.None))]
    [InlineData(86_400, null, nameof(CollectionStep.Mark))]
    [InlineData(86_400, 0, nameof(CollectionStep.None))]
    [InlineData(86_400, 299, nameof(CollectionStep.None))]
    [InlineData(86_400, 300, nameof(CollectionStep.Remove))]
    public void F6_what_is_not_used_is_marked_after_a_day_and_goes_five_minutes_later(int? unusedFor, int? markedFor, string step) =>
        Assert.Equal(step, Next(false, unusedFor, markedFor));

    [Fact]
    public void F6_a_command_that_found_it_there_is_over_before_it_goes() =>
        Assert.True(CollectionRules.MarkedDuration > 4 * (CommandContext.Lifetime + CommandContext.StatementTimeout));

    private static string Next(bool isUsed, int? unusedFor, int? markedFor) =>
        CollectionRules.Next(isUsed, Ago(unusedFor), Ago(markedFor), Noon).ToString();

    private static DateTimeOffset? Ago(int? seconds) => Noon.AddSeconds(-seconds ?? 0) is var at && seconds is null ? null : at;
}
