using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OrleansRegistry.Testing;

/// <summary>Keeps what a node writes into its audit.</summary>
public sealed class AuditLines : ILoggerProvider, ILogger
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly SemaphoreSlim _written = new(0);

    /// <summary>The lines, as they were written.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>The lines about a caller.</summary>
    public IReadOnlyList<JsonNode> Of(string caller) => [.. Parsed.Where(line => (string?)line["caller"] == caller)];

    /// <summary>Waits until there are as many lines of a kind as are needed, and answers them.</summary>
    public async Task<IReadOnlyList<JsonNode>> WaitFor(int count, Func<JsonNode, bool> isWanted)
    {
        while (true)
        {
            JsonNode[] found = [.. Parsed.Where(isWanted)];
            if (found.Length >= count)
            {
                return found;
            }

            if (!await _written.WaitAsync(WaitTimeout))
            {
                throw new TimeoutException($"{count} lines were waited for among {string.Join('\n', _lines)}");
            }
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => categoryName == "OrleansRegistry.Audit" ? this : NullLogger.Instance;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        _lines.Enqueue(formatter(state, exception));
        _written.Release();
    }

    /// <inheritdoc/>
    public void Dispose() => _written.Dispose();

    private IEnumerable<JsonNode> Parsed => _lines.Select(line => JsonNode.Parse(line)!);
}
