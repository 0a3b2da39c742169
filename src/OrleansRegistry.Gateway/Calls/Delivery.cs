namespace OrleansRegistry.Gateway;

/// <summary>
/// Whether a model's server may have got any of a call. A connection serves many requests, and isn't told which of them
/// it is written by.
/// </summary>
/// <param name="isOnce">Whether the client may not repeat the request, as it does when a connection ends without a byte.</param>
internal sealed class Delivery(bool isOnce)
{
    /// <summary>Where a request says which delivery is its own.</summary>
    public static readonly HttpRequestOptionsKey<Delivery> Key = new("delivery");

    private static readonly AsyncLocal<Delivery?> Sending = new();

    private volatile bool _hasBegun;

    /// <summary>The delivery of the request that is sent here.</summary>
    public static Delivery? Current
    {
        get => Sending.Value;
        set => Sending.Value = value;
    }

    /// <summary>Whether the client may not repeat the request.</summary>
    public bool IsOnce => isOnce;

    /// <summary>
    /// Whether some of it was written to a connection over HTTP/1.1, also if the client has tried another one since.
    /// </summary>
    public bool HasBegun => _hasBegun;

    /// <summary>Some of it is written.</summary>
    public void Begin() => _hasBegun = true;
}
