using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>How an attempt of a call ended without an answer that is the model's own.</summary>
internal enum AttemptFailure
{
    /// <summary>There was no connection, so that the server got nothing.</summary>
    NotReached = 0,

    /// <summary>The connection ended before the head of an answer.</summary>
    BrokenOff = 1,

    /// <summary>The server was silent for too long.</summary>
    Silent = 2,

    /// <summary>The server answered 502, 503 or 504.</summary>
    Unavailable = 3,
}

/// <summary>What can be sent again of the body of a call.</summary>
internal enum BodyState
{
    /// <summary>There is none.</summary>
    None = 0,

    /// <summary>All of it, since nothing was read.</summary>
    Unread = 1,

    /// <summary>All of it, since what was read is kept.</summary>
    Kept = 2,

    /// <summary>Some of it is lost.</summary>
    Lost = 3,
}

/// <summary>Which calls may be made again, at another server (rule SV6).</summary>
internal static class SecondTry
{
    /// <summary>Whether a status says that the server could not take a call.</summary>
    public static bool IsUnavailable(int status) =>
        status is StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable
            or StatusCodes.Status504GatewayTimeout;

    /// <summary>Whether a call may be made again after an attempt that failed.</summary>
    /// <param name="failure">How the attempt ended.</param>
    /// <param name="body">What can be sent again of the body.</param>
    /// <param name="isGet">Whether it is a GET.</param>
    /// <param name="isUpgrade">Whether it asks for a WebSocket.</param>
    /// <param name="isRepeatable">Whether the deployer of the version says that a call may be made twice.</param>
    public static bool Allows(AttemptFailure failure, BodyState body, bool isGet, bool isUpgrade, bool isRepeatable) =>
        body != BodyState.Lost && failure switch
        {
            AttemptFailure.NotReached => true,
            // No server has begun with a body that nobody has read.
            AttemptFailure.BrokenOff =>
                !isUpgrade && (isRepeatable || (body == BodyState.None ? isGet : body == BodyState.Unread)),
            AttemptFailure.Silent => false,
            AttemptFailure.Unavailable => !isUpgrade && isRepeatable,
        };
}
