using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace OrleansRegistry.Gateway;

/// <summary>Finds the <c>model</c> field of a JSON body and leaves the body unread, so that it can be forwarded as it is.</summary>
internal static class ModelField
{
    private const string Name = "model";

    /// <summary>Reads as much of a body as is needed, at most <paramref name="limit"/> bytes. Answers the field's text.</summary>
    public static async Task<Outcome<string>> Find(PipeReader body, int limit, CancellationToken cancellationToken)
    {
        var search = new Search();
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            var isLong = read.Buffer.Length > limit;
            var found = search.Continue(isLong ? read.Buffer.Slice(0, limit) : read.Buffer, read.IsCompleted && !isLong);
            // Nothing is consumed: what was looked at is read again, and sent.
            var isOver = found is not null || isLong;
            body.AdvanceTo(read.Buffer.Start, isOver ? read.Buffer.Start : read.Buffer.End);
            if (isOver)
            {
                return found ?? new RegistryError(
                    ErrorCode.PayloadTooLarge, $"The first {limit} bytes of the body don't hold the field model; put it first.");
            }
        }
    }

    private static Outcome<string> Wrong(string field, string rule) => RegistryError.Invalid(field, rule);

    private sealed class Search
    {
        private JsonReaderState _state;
        private long _consumed;
        private bool _isNext;

        /// <summary>Goes on where the last part ended. Null when more of the body is needed.</summary>
        public Outcome<string>? Continue(ReadOnlySequence<byte> buffer, bool isLast)
        {
            var reader = new Utf8JsonReader(buffer.Slice(_consumed), isLast, _state);
            try
            {
                while (reader.Read())
                {
                    if (Look(ref reader) is { } found)
                    {
                        return found;
                    }
                }
            }
            catch (JsonException)
            {
                return Wrong("body", "is not JSON");
            }

            _consumed += reader.BytesConsumed;
            _state = reader.CurrentState;
            return isLast ? Wrong(Name, "is missing: it names the model to call, and perhaps the version, as name@1.2.0") : null;
        }

        private Outcome<string>? Look(ref Utf8JsonReader reader)
        {
            if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
            {
                return Wrong("body", "must be a JSON object");
            }

            if (_isNext)
            {
                return reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: > 0 } text ? text : Wrong(Name, "must be a text");
            }

            _isNext = reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(Name);
            return null;
        }
    }
}
