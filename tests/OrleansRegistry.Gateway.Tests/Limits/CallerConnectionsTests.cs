using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace OrleansRegistry.Gateway.Tests.Limits;

/// <summary>Which connections are taken, what for, and how long they may stay silent; on a clock of the test's own.</summary>
public sealed class CallerConnectionsTests : IAsyncDisposable
{
    private const int HealthPort = 8081;

    private readonly FakeTimeProvider _clock = new();
    private readonly ServiceProvider _services =
        new ServiceCollection().AddMetrics().AddLogging().AddSingleton<RefusedAttempts>().AddSingleton(TimeProvider.System).BuildServiceProvider();
    private readonly List<Connection> _connections = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Q3_beyond_the_limit_some_more_are_kept_back_for_health_few_for_one_address_and_all_others_are_closed()
    {
        var connections = Of(new LimitOptions { Connections = 2, ConnectionsPerAddress = 0 });
        Assert.Equal([ConnectionPurpose.Calls, ConnectionPurpose.Calls], await Open(connections, "192.0.2.1", 2));
        Assert.True(connections.AreScarce);

        Assert.Equal([.. Enumerable.Repeat<ConnectionPurpose?>(ConnectionPurpose.Reserve, 8), null], await Open(connections, "192.0.2.1", 9));
        Assert.Equal([ConnectionPurpose.Reserve], await Open(connections, "192.0.2.2", 1));
        for (var i = 3; i <= 9; i++)
        {
            await Open(connections, $"192.0.2.{i}", 8);
        }

        Assert.Equal([null], await Open(connections, "192.0.2.10", 1));
        _connections[0].Hang();
        await _connections[0].Served;
        Assert.Equal([ConnectionPurpose.Calls], await Open(connections, "192.0.2.10", 1));
    }

    [Fact]
    public async Task Q3_the_listener_for_health_takes_connections_whatever_callers_have_open_and_nothing_is_kept_back_elsewhere()
    {
        var connections = Of(new LimitOptions { Connections = 1, HealthPort = HealthPort });
        Assert.Equal([ConnectionPurpose.Calls, null], await Open(connections, "192.0.2.1", 2));

        Assert.Equal([ConnectionPurpose.Health], await Open(connections, "192.0.2.1", 1, HealthPort));
    }

    [Fact]
    public async Task Q3_a_connection_without_a_byte_is_closed_when_its_time_is_up()
    {
        var connections = Of(new LimitOptions { FirstByteTimeoutSeconds = 5 });
        var silent = Connect(connections, "192.0.2.1", 80);

        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(silent.Served.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));

        await silent.Served;
        Assert.Null(silent.Purpose);
        Assert.False(connections.AreScarce);
    }

    [Fact]
    public async Task Q3_a_connection_that_speaks_without_a_request_is_closed_too_and_one_with_a_request_stays()
    {
        var connections = Of(new LimitOptions());
        var (babbling, asking) = (Connect(connections, "192.0.2.1", 80), Connect(connections, "192.0.2.1", 80));
        await babbling.Speak();
        await asking.Speak();
        asking.State.StopWaiting();

        _clock.Advance(TimeSpan.FromSeconds(14));
        Assert.False(babbling.IsClosed);
        _clock.Advance(TimeSpan.FromSeconds(1));

        await babbling.Closed;
        Assert.False(asking.IsClosed);
    }

    private CallerConnections Of(LimitOptions options) => new(options, new CallerAddresses(options), _services.GetRequiredService<RefusedAttempts>(), _clock);

    private Connection Connect(CallerConnections connections, string from, int port)
    {
        var connection = new Connection(connections, from, port);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>Opens connections that say something; what they were taken for, or null when they were closed.</summary>
    private async Task<List<ConnectionPurpose?>> Open(CallerConnections connections, string from, int count, int port = 80)
    {
        List<ConnectionPurpose?> purposes = [];
        for (var i = 0; i < count; i++)
        {
            var connection = Connect(connections, from, port);
            await connection.Speak();
            purposes.Add(connection.Purpose);
        }

        return purposes;
    }

    /// <summary>A connection without a socket.</summary>
    private sealed class Connection : IAsyncDisposable
    {
        private readonly DefaultConnectionContext _context = new();
        private readonly Pipe _input = new();
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Connection(CallerConnections connections, string from, int port)
        {
            _context.RemoteEndPoint = new IPEndPoint(IPAddress.Parse(from), 4711);
            _context.LocalEndPoint = new IPEndPoint(IPAddress.Loopback, port);
            _context.Transport = new Duplex(_input.Reader);
            _context.ConnectionClosed.Register(_closed.SetResult);
            Served = connections.Serve(_context, async _ =>
            {
                _taken.SetResult();
                var read = await _input.Reader.ReadAsync();
                Assert.False(read.Buffer.IsEmpty);
                _input.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                await _input.Reader.ReadAsync();
            });
        }

        public Task Served { get; }

        public Task Closed => _closed.Task;

        public bool IsClosed => _context.ConnectionClosed.IsCancellationRequested;

        public CallerConnection State => _context.Features.Get<CallerConnection>()!;

        public ConnectionPurpose? Purpose => _taken.Task.IsCompleted ? State.Purpose : null;

        public async Task Speak()
        {
            await _input.Writer.WriteAsync("x"u8.ToArray());
            await Task.WhenAny(_taken.Task, Served);
        }

        public void Hang() => _input.Writer.Complete();

        public ValueTask DisposeAsync()
        {
            Hang();
            return _context.DisposeAsync();
        }

        private sealed class Duplex(PipeReader input) : IDuplexPipe
        {
            public PipeReader Input => input;

            public PipeWriter Output { get; } = new Pipe().Writer;
        }
    }
}
