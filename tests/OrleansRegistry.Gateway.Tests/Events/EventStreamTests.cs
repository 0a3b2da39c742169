using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRegistry.Access;
using OrleansRegistry.Gateway.Tests.Infrastructure;

namespace OrleansRegistry.Gateway.Tests.Events;

/// <summary>What depends on time, and on readers that don't read: on a clock and a connection that the test holds.</summary>
public sealed class EventStreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly StubCatalog _catalog = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly Lifetime _lifetime = new();
    private readonly NodeEnd _end;
    private readonly ServiceProvider _services;
    private readonly EventFeedWorker _feed;
    private readonly List<Reader> _readers = [];

    public EventStreamTests()
    {
        _end = new NodeEnd(TimeSpan.Zero, _lifetime, _clock);
        _feed = new EventFeedWorker(_catalog, _clock, NullLogger<EventFeedWorker>.Instance);
        _services = new ServiceCollection()
            .AddSingleton<IRegistryCatalog>(_catalog)
            .AddSingleton<TimeProvider>(_clock)
            .AddSingleton(_end)
            .AddSingleton(_feed)
            .AddSingleton(new AccessSecret(new byte[32], null, ""))
            .AddSingleton(services => new ApiKeyAuthenticator(services.GetRequiredService<AccessSecret>(), null!, null!, null!, _clock))
            .BuildServiceProvider();
    }

    public async ValueTask InitializeAsync() => await _feed.StartAsync(default);

    public async ValueTask DisposeAsync()
    {
        await _feed.StopAsync(default);
        _feed.Dispose();
        _readers.ForEach(reader => reader.Dispose());
        await _services.DisposeAsync();
        _end.Dispose();
        _lifetime.Dispose();
    }

    [Fact]
    public async Task A_quiet_stream_beats_every_fifteen_seconds_and_ends_with_the_node()
    {
        var reader = Connect();
        var stream = Watch(reader);
        await reader.Has(":\n\n");

        // The beat is not due until the stream waits; where it is in its own time is its business.
        while (reader.Text.Length < ":\n\n:\n\n:\n\n".Length)
        {
            _clock.Advance(Heartbeat);
            await Task.Yield();
        }

        Assert.Equal("", reader.Text.Replace(":\n\n", "", StringComparison.Ordinal));
        await _end.StoppingAsync(default);
        await stream.WaitAsync(WaitTimeout);
        Assert.False(reader.IsAborted);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_off_and_another_gets_everything()
    {
        var stuck = Connect(reads: false);
        var well = Connect();
        var cut = Watch(stuck);
        var watching = Watch(well);
        await well.Has(":\n\n");
        const int count = EventSubscription.Capacity + 100;

        // Page by page, each when the one before has arrived: only the stuck reader falls behind.
        for (var position = 1; position <= count; position += 100)
        {
            _catalog.Events = [.. Enumerable.Range(1, position + 99).Select(TestEvents.At)];
            while (!well.Text.Contains($"id: {position + 99}\n", StringComparison.Ordinal))
            {
                _clock.Advance(Interval);
                await Task.Yield();
            }
        }

        await cut.WaitAsync(WaitTimeout);
        Assert.True(stuck.IsAborted);
        Assert.Equal(1, _feed.Readers);
        Assert.Equal(count, well.Text.Split("data: ").Length - 1);
        await _end.StoppingAsync(default);
        await watching.WaitAsync(WaitTimeout);
    }

    [Fact]
    public async Task Nobody_asks_the_database_while_nobody_watches()
    {
        for (var i = 0; i < 100; i++)
        {
            _clock.Advance(Interval);
            await Task.Yield();
        }

        Assert.Equal(0, _catalog.EventReads);
    }

    private Reader Connect(bool reads = true)
    {
        _readers.Add(new Reader { Gate = reads ? null : new TaskCompletionSource() });
        return _readers[^1];
    }

    private Task Watch(Reader reader) => new EventStream(new RequestCaller("default", "test", Role.Viewer), new EventFilter()).ExecuteAsync(reader.Context(_services));

    /// <summary>A connection: what was sent, and whether it takes more.</summary>
    private sealed class Reader : Stream, IHttpRequestLifetimeFeature
    {
        private readonly StringBuilder _text = new();
        private readonly CancellationTokenSource _aborted = new();

        public TaskCompletionSource? Gate { get; init; }

        public bool IsAborted => _aborted.IsCancellationRequested;

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public CancellationToken RequestAborted
        {
            get => _aborted.Token;
            set => throw new NotSupportedException();
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public DefaultHttpContext Context(IServiceProvider services)
        {
            var context = new DefaultHttpContext { RequestServices = services };
            context.Features.Set<IHttpRequestLifetimeFeature>(this);
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(this));
            return context;
        }

        public void Abort() => _aborted.Cancel();

        public async Task Has(string text)
        {
            using var timeout = new CancellationTokenSource(WaitTimeout);
            while (!Text.Contains(text, StringComparison.Ordinal))
            {
                timeout.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Gate is { } gate)
            {
                await gate.Task.WaitAsync(cancellationToken);
            }

            lock (_text)
            {
                _text.Append(Encoding.UTF8.GetString(buffer.Span));
            }
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _aborted.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
