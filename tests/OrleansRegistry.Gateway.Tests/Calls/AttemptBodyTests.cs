using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>What can be sent again of a body, and that it is sent whole.</summary>
public sealed class AttemptBodyTests : IAsyncDisposable
{
    private const string Workspace = "a";

    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly Pipe _caller = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly SharedRoom _room = new(SharedRoom.Share * KeptBytes.Max);
    private readonly CallerBody _body;

    public AttemptBodyTests() => _body = new CallerBody(_caller.Reader, length: null, seen: null);

    [Fact]
    public async Task SV6_a_body_is_unread_until_bytes_are_taken_of_it()
    {
        await using var body = new AttemptBody(_body, kept: null);
        Upload.Current = body.Begin();
        var waiting = body.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.Equal(BodyState.Unread, body.Hold());

        await Send("hello", isEnd: true);
        await waiting.WaitAsync(WaitTimeout);
        // Nobody takes bytes while it is held, also not who had waited for them.
        await Assert.ThrowsAsync<BodyGivenUpException>(() => body.ReadAsync(new byte[8]).AsTask());
        Assert.Equal(BodyState.Unread, body.Hold());

        Upload.Current = body.Begin();
        Assert.Equal("hello", await ReadToEnd(body));
        Assert.Equal(BodyState.Lost, body.Hold());
    }

    [Fact]
    public async Task SV6_an_attempt_that_has_failed_reads_nothing_of_the_body_when_it_begins_late()
    {
        await using var body = new AttemptBody(_body, kept: null);
        Upload.Current = body.Begin();
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = Task.Run(async () =>
        {
            await late.Task;
            return await body.ReadAsync(new byte[8]);
        });
        Assert.Equal(BodyState.Unread, body.Hold());
        Upload.Current = body.Begin();
        await Send("hello", isEnd: true);

        late.SetResult();

        await Assert.ThrowsAsync<BodyGivenUpException>(() => first);
        Assert.Equal("hello", await ReadToEnd(body));
    }

    [Fact]
    public async Task SV6_an_empty_body_that_was_read_to_its_end_is_sent()
    {
        await using var body = new AttemptBody(_body, kept: null);
        Upload.Current = body.Begin();
        await Send("", isEnd: true);

        Assert.Equal("", await ReadToEnd(body));

        Assert.Equal(BodyState.Lost, body.Hold());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task SV6_what_is_kept_is_sent_again_and_what_is_to_come_behind_it(int part)
    {
        var text = string.Join(' ', Enumerable.Range(0, 2000).Select(number => number.ToString(CultureInfo.InvariantCulture)));
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        for (var length = 0; length < text.Length; length += Math.Max(part, text.Length / 3))
        {
            var sent = Math.Min(length + Math.Max(part, text.Length / 3), text.Length);
            await Send(text[length..sent], isEnd: sent == text.Length);
            Upload.Current = body.Begin();
            Assert.Equal(text[..sent], await Read(body, sent, part));
            Assert.Equal((BodyState.Kept, sent), (body.Hold(), _room.Taken));
        }

        Upload.Current = body.Begin();
        Assert.Equal(text, await ReadToEnd(body));
        body.Hold();
        Upload.Current = body.Begin();
        Assert.Equal(text, await ReadToEnd(body));
    }

    [Theory]
    [InlineData(0, BodyState.Kept)]
    [InlineData(1, BodyState.Lost)]
    internal async Task SV6_a_body_is_kept_up_to_256_KiB(int more, BodyState expected)
    {
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        Upload.Current = body.Begin();
        await Send(new string('x', KeptBytes.Max + more), isEnd: true);

        Assert.Equal(KeptBytes.Max + more, (await ReadToEnd(body)).Length);

        Assert.Equal((expected, expected == BodyState.Kept ? KeptBytes.Max : 0), (body.Hold(), _room.Taken));
    }

    [Fact]
    public async Task SV6_a_body_is_not_kept_where_there_is_no_room_for_it()
    {
        Assert.True(_room.TryTake(Workspace, KeptBytes.Max - 4));
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        Upload.Current = body.Begin();
        await Send("hello", isEnd: true);

        Assert.Equal("hello", await ReadToEnd(body));

        Assert.Equal((BodyState.Lost, KeptBytes.Max - 4), (body.Hold(), _room.Taken));
    }

    [Fact]
    public async Task SV6_what_is_kept_is_given_up_once_it_is_sent_by_the_last_attempt_and_not_before()
    {
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        await Send("hello", isEnd: false);
        Upload.Current = body.Begin();
        await Read(body, 5, 5);
        body.Hold();
        Upload.Current = body.Begin();
        Assert.Equal("he", await Read(body, 2, 2));

        body.StopKeeping();

        Assert.Equal(5, _room.Taken);
        await Send(" you", isEnd: true);
        Assert.Equal("llo you", await ReadToEnd(body));
        Assert.Equal(0, _room.Taken);
    }

    [Fact]
    public async Task SV6_an_upload_that_an_earlier_attempt_gave_up_does_not_stop_the_next_one()
    {
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        await Send("hello", isEnd: false);
        var first = Upload.Current = body.Begin();
        first.Begin();
        await Read(body, 5, 5);
        Assert.True(first.TryGiveUp(() => Stream.Null));
        // Nobody waits for the caller now: who asks next would be told.
        first.Stop();
        Assert.Equal(BodyState.Kept, body.Hold());

        Upload.Current = body.Begin();
        await Send(" you", isEnd: true);

        Assert.Equal("hello you", await ReadToEnd(body));
    }

    [Fact]
    public async Task An_upload_that_is_given_up_stops_its_own_attempt()
    {
        await using var body = new AttemptBody(_body, kept: null);
        var upload = Upload.Current = body.Begin();
        upload.Begin();
        var waiting = body.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.True(upload.TryGiveUp(() => Stream.Null));

        upload.Stop();

        await Assert.ThrowsAsync<BodyGivenUpException>(() => waiting.WaitAsync(WaitTimeout));
        Assert.Equal(BodyState.Unread, body.Hold());
    }

    [Fact]
    public async Task SV6_a_body_of_which_bytes_are_being_taken_is_lost()
    {
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        Upload.Current = body.Begin();

        var taking = body.ReadAsync(new byte[8]).AsTask();

        Assert.Equal(BodyState.Lost, body.Hold());
        await Send("hello", isEnd: true);
        Assert.Equal(5, await taking.WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task SV6_a_body_whose_read_was_cancelled_has_lost_nothing()
    {
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        Upload.Current = body.Begin();
        await Send("hel", isEnd: false);
        await Read(body, 3, 3);
        using var cancel = new CancellationTokenSource();
        var taking = body.ReadAsync(new byte[8], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);

        Assert.Equal(BodyState.Kept, body.Hold());
        Upload.Current = body.Begin();
        await Send("lo", isEnd: true);
        Assert.Equal("hello", await ReadToEnd(body));
    }

    [Fact]
    public async Task SV6_a_body_that_breaks_off_is_lost()
    {
        using var kept = new KeptBytes(_room, Workspace);
        await using var body = new AttemptBody(_body, kept);
        Upload.Current = body.Begin();
        await _caller.Writer.CompleteAsync(new IOException("gone"));

        await Assert.ThrowsAsync<IOException>(() => body.ReadAsync(new byte[8]).AsTask());

        Assert.Equal(BodyState.Lost, body.Hold());
    }

    public ValueTask DisposeAsync() => _body.DisposeAsync();

    private static async Task<string> Read(AttemptBody body, int length, int part)
    {
        var buffer = new byte[length];
        for (var at = 0; at < length;)
        {
            Assert.Equal(0, await body.ReadAsync(Memory<byte>.Empty));
            at += await body.ReadAsync(buffer.AsMemory(at, Math.Min(part, length - at))).AsTask().WaitAsync(WaitTimeout);
        }

        return Encoding.ASCII.GetString(buffer);
    }

    private static async Task<string> ReadToEnd(AttemptBody body)
    {
        using var reader = new StreamReader(body, Encoding.ASCII, leaveOpen: true);
        return await reader.ReadToEndAsync().WaitAsync(WaitTimeout);
    }

    private async Task Send(string text, bool isEnd)
    {
        await _caller.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));
        if (isEnd)
        {
            await _caller.Writer.CompleteAsync();
        }
    }
}
