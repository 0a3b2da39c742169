using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>The origin of a model's answer.</summary>
public abstract class PredictionOrigin
{
    private protected PredictionOrigin(Reply reply)
    {
        (Number, VersionId, ModelId) = (
            reply.Header("Model-Version"),
            reply.Header("Model-Version-Id"),
            reply.Header("Model-Id"));
        (ResolvedBy, RequestId) = (reply.Header("Model-Resolved-By"), reply.Header("X-Request-Id"));
        ContentType = reply.Header("Content-Type");
    }

    /// <summary>The number of the version that answered, such as <c>1.2.0</c>.</summary>
    public string? Number { get; }

    /// <summary>The id of the version that answered.</summary>
    public string? VersionId { get; }

    /// <summary>The model's id.</summary>
    public string? ModelId { get; }

    /// <summary>How the call led to the version: <c>primary</c>, <c>exact</c>, <c>range</c> or <c>id</c>.</summary>
    public string? ResolvedBy { get; }

    /// <summary>Finds the call in the registry's logs and traces, where the registry names it.</summary>
    public string? RequestId { get; }

    /// <summary>The media type of the answer, with its parameters.</summary>
    public string? ContentType { get; }
}

/// <summary>The whole answer of a model.</summary>
public sealed class Prediction : PredictionOrigin
{
    internal Prediction(Reply reply, ReadOnlyMemory<byte> body)
        : base(reply) => Body = body;

    /// <summary>The answer as it came.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Reads the answer as JSON.</summary>
    /// <exception cref="InvalidAnswerException">It is none.</exception>
    public JsonElement ReadJson() =>
        Transport.Parse(Body) ?? throw new InvalidAnswerException("The model's answer is no JSON.");
}

/// <summary>A model's answer as it comes. Dispose it: until then it holds a connection.</summary>
public sealed class PredictionStream : PredictionOrigin, IAsyncDisposable
{
    private readonly Reply _reply;

    internal PredictionStream(Reply reply)
        : base(reply) => _reply = reply;

    /// <summary>The bytes of the answer. Read them with the asynchronous methods.</summary>
    public Stream Content => _reply;

    /// <summary>
    /// The parts of the answer: of server-sent events the data of each, up to <c>[DONE]</c>; of anything else each
    /// line.
    /// </summary>
    /// <exception cref="ConnectionFailedException">The answer broke off.</exception>
    public async IAsyncEnumerable<string> ReadParts(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_reply.Is("text/event-stream"))
        {
            await foreach (var item in SseParser.Create(_reply).EnumerateAsync(cancellationToken))
            {
                if (item.Data == "[DONE]")
                {
                    yield break;
                }

                yield return item.Data;
            }

            yield break;
        }

        using var reader = new StreamReader(_reply, Encoding.UTF8, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _reply.DisposeAsync();
}
