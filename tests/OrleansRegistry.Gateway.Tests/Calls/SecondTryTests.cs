namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>The whole table of rule SV6.</summary>
public sealed class SecondTryTests
{
    [Theory]
    // failure, body; may a POST, a GET, a WebSocket be made again; may a POST, a WebSocket of a repeatable version?
    [InlineData(AttemptFailure.NotReached, BodyState.None, "POST GET socket | POST socket")]
    [InlineData(AttemptFailure.NotReached, BodyState.Unread, "POST GET socket | POST socket")]
    [InlineData(AttemptFailure.NotReached, BodyState.Kept, "POST GET socket | POST socket")]
    [InlineData(AttemptFailure.NotReached, BodyState.Lost, "|")]
    [InlineData(AttemptFailure.BrokenOff, BodyState.None, "GET | POST")]
    [InlineData(AttemptFailure.BrokenOff, BodyState.Unread, "POST GET | POST")]
    [InlineData(AttemptFailure.BrokenOff, BodyState.Kept, "| POST")]
    [InlineData(AttemptFailure.BrokenOff, BodyState.Lost, "|")]
    [InlineData(AttemptFailure.Silent, BodyState.None, "|")]
    [InlineData(AttemptFailure.Silent, BodyState.Unread, "|")]
    [InlineData(AttemptFailure.Silent, BodyState.Kept, "|")]
    [InlineData(AttemptFailure.Silent, BodyState.Lost, "|")]
    [InlineData(AttemptFailure.Unavailable, BodyState.None, "| POST")]
    [InlineData(AttemptFailure.Unavailable, BodyState.Unread, "| POST")]
    [InlineData(AttemptFailure.Unavailable, BodyState.Kept, "| POST")]
    [InlineData(AttemptFailure.Unavailable, BodyState.Lost, "|")]
    internal void SV6_says_which_calls_may_be_made_again(AttemptFailure failure, BodyState body, string may)
    {
        string?[] words =
        [
            Allows(isGet: false, isUpgrade: false, isRepeatable: false) ? "POST" : null,
            Allows(isGet: true, isUpgrade: false, isRepeatable: false) ? "GET" : null,
            Allows(isGet: true, isUpgrade: true, isRepeatable: false) ? "socket" : null,
            "|",
            Allows(isGet: false, isUpgrade: false, isRepeatable: true) ? "POST" : null,
            Allows(isGet: true, isUpgrade: true, isRepeatable: true) ? "socket" : null,
        ];

        Assert.Equal(may, string.Join(' ', words.Where(word => word is not null)));

        bool Allows(bool isGet, bool isUpgrade, bool isRepeatable) => SecondTry.Allows(failure, body, isGet, isUpgrade, isRepeatable);
    }

    [Fact]
    public void SV5_the_statuses_by_which_a_server_fails_are_three() =>
        Assert.Equal([502, 503, 504], Enumerable.Range(100, 900).Where(SecondTry.IsUnavailable));
}
