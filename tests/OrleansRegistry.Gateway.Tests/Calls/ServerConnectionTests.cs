using System.IO.Pipelines;
using System.Text;

namespace OrleansRegistry.Gateway.Tests.Calls;

/// <summary>A connection to a model's server, byte by byte.</summary>
public sealed class ServerConnectionTests : IDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly Pipe _said = new();
    private readonly ServerConnection _connection;
    private readonly byte[] _buffer = new byte[4096];

    public ServerConnectionTests() => _connection = new ServerConnection(new Wire(_said.Reader.AsStream()));

    public void Dispose() => _connection.Dispose();

    [Fact]
    public async Task A_reader_who_stops_waiting_for_what_is_heard_ahead_is_told_so()
    {
        await Send(Begun());
        using var stop = new CancellationTokenSource();

        var read = _connection.ReadAsync(_buffer, stop.Token).AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(WaitTimeout));
    }

    [Fact]
    public async Task What_was_heard_ahead_and_not_read_is_read_when_the_next_body_is_sent()
    {
        var first = Begun();
        await Send(first);
        await Say("HTTP/1.1 200 OK\r\n\r\n");
        Assert.Equal(8, await _connection.ReadAsync(_buffer.AsMemory(0, 8)).AsTask().WaitAsync(WaitTimeout));
        Assert.True(first.TryFinish());

        await Send(Begun());

        Assert.Equal(" 200 OK\r\n\r\n", await Read());
    }

    [Fact]
    public async Task Nothing_is_lost_behind_more_than_is_kept()
    {
        // As with Expect: the client reads before it sends the body, and the server says much before it says that it wants it.
        var upload = new Upload(PipeReader.Create(Stream.Null));
        await Send(upload);
        var hints = $"HTTP/1.1 103 Early Hints\r\nLink: {new string('x', 20_000)}\r\n\r\n";
        await Say(hints);
        for (var left = hints.Length; left > 0;)
        {
            left -= (await Read()).Length;
        }

        upload.Begin();
        await Send(upload);
        await Say("HTTP/1.1 200 OK\r\n\r\n");

        Assert.Equal("HTTP/1.1 200 OK\r\n\r\n", await Read());
    }

    [Fact]
    public async Task A_body_that_has_not_begun_is_not_given_up_for_the_client_may_send_it_on_another_connection()
    {
        var upload = new Upload(PipeReader.Create(Stream.Null));
        Upload.Current = upload;
        await using var gone = new ServerConnection(new Wire(_said.Reader.AsStream(), isGone: true));

        await Assert.ThrowsAsync<IOException>(() => gone.WriteAsync(new byte[1]).AsTask());

        Assert.Null(upload.Answer);
    }

    private static Upload Begun()
    {
        var upload = new Upload(PipeReader.Create(Stream.Null));
        upload.Begin();
        return upload;
    }

    private async Task Send(Upload upload)
    {
        Upload.Current = upload;
        await _connection.WriteAsync(new byte[10]);
    }

    private async Task Say(string text) => await _said.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));

    private async Task<string> Read() => Encoding.ASCII.GetString(_buffer, 0, await _connection.ReadAsync(_buffer).AsTask().WaitAsync(WaitTimeout));

    /// <summary>What the server says can be read; what is written to it goes nowhere, or fails.</summary>
    private sealed class Wire(Stream said, bool isGone = false) : AsyncStream
    {
        public override bool CanWrite => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => said.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            isGone ? ValueTask.FromException(new IOException("The server has gone.")) : default;
    }
}
