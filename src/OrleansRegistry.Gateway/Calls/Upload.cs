using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The body of a call on its way to a model's server over HTTP/1.1. The client reads no answer before it has sent all
/// of the body. A server may answer before that, and read no further: then the rest of the body is given up for its
/// answer.
/// </summary>
/// <param name="caller">Where the body comes from.</param>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither a timer nor a handle, and may be cancelled after the call has ended.")]
internal sealed class Upload(PipeReader caller)
{
    /// <summary>Where a request says which upload is its own.</summary>
    public static readonly HttpRequestOptionsKey<Upload> Key = new("upload");

    private static readonly AsyncLocal<Upload?> Sending = new();

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    // Of its own: what stopping sets in motion may ask for the other one.
    private readonly Lock _ending = new();
    private volatile State _state;
    private bool _isOver;

    private enum State
    {
        Waiting = 0,
        UnderWay = 1,
        Sent = 2,
        GivenUp = 3,
    }

    /// <summary>
    /// The upload of the request that is sent here. A connection serves many requests, and isn't told which of them it
    /// is written by.
    /// </summary>
    public static Upload? Current
    {
        get => Sending.Value;
        set => Sending.Value = value;
    }

    /// <summary>Whether the body is being sent now.</summary>
    public bool IsUnderWay => _state == State.UnderWay;

    /// <summary>Whether some of the body may have to be sent yet.</summary>
    public bool IsOpen => _state is State.Waiting or State.UnderWay;

    /// <summary>Whether the body was given up.</summary>
    public bool IsGivenUp => _state == State.GivenUp;

    /// <summary>Ends what is being written to the server.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Where the answer can be read if the body was given up.</summary>
    public Stream? Answer { get; private set; }

    /// <summary>The body begins to be sent.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _state = State.UnderWay;
        }
    }

    /// <summary>All of the body was handed to the client. False when it was given up before.</summary>
    public bool TryFinish()
    {
        lock (_lock)
        {
            _state = _state == State.UnderWay ? State.Sent : _state;
            return _state == State.Sent;
        }
    }

    /// <summary>
    /// Gives the rest of the body up for an answer. False when that was done before, and while the body has not begun
    /// to be sent: the client may then send the request on another connection.
    /// </summary>
    public bool TryGiveUp(Func<Stream> answer)
    {
        lock (_lock)
        {
            if (_state is not (State.UnderWay or State.Sent))
            {
                return false;
            }

            _state = State.GivenUp;
            Answer = answer();
            return true;
        }
    }

    /// <summary>
    /// After it was given up: nobody waits any more for the server to read, or for the caller to go on.
    /// </summary>
    public void Stop()
    {
        lock (_ending)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            caller.CancelPendingRead();
        }

        _stop.Cancel();
    }

    /// <summary>The caller's connection may serve the next request from now on.</summary>
    public void End()
    {
        lock (_ending)
        {
            _isOver = true;
        }
    }
}
