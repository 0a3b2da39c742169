using System.Net;
using Microsoft.AspNetCore.Http;

namespace OrleansRegistry.Gateway;

/// <summary>The rules of an answer's head, which must hold so that it can be passed on.</summary>
internal static class AnswerHead
{
    /// <summary>Checks an answer's head, as far as the client has not done so.</summary>
    /// <exception cref="InvalidDataException">It is not HTTP, or not an answer to this request.</exception>
    public static void Check(HttpContext context, HttpResponseMessage answer)
    {
        if ((int)answer.StatusCode < StatusCodes.Status100Continue)
        {
            throw Invalid($"the status {(int)answer.StatusCode:000}");
        }

        if (answer.StatusCode == HttpStatusCode.SwitchingProtocols && !WebSocketHandshake.IsOne(context))
        {
            throw Invalid("the status 101 to a request that is not a handshake");
        }

        if (HttpMethods.IsConnect(context.Request.Method) && answer.IsSuccessStatusCode && !OpensTunnel(answer))
        {
            // The caller would take it for an open WebSocket (RFC 8441, section 5).
            throw Invalid($"the status {(int)answer.StatusCode} instead of opening the WebSocket");
        }

        if (answer.Headers.NonValidated.TryGetValues("Transfer-Encoding", out var codings)
            && !codings.All(coding => coding.Equals("chunked", StringComparison.OrdinalIgnoreCase) || coding.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            // It would be taken off the head, but not off the body.
            throw Invalid($"the transfer coding {codings}");
        }
    }

    /// <summary>
    /// Whether an answer has no body by its status (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5). Some servers send
    /// one all the same.
    /// </summary>
    public static bool IsBare(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified;

    /// <summary>
    /// Takes off what an answer says of a body that it has not: only 304 may tell how long another answer would be.
    /// </summary>
    public static void RemoveLength(HttpResponseMessage answer)
    {
        if (answer.StatusCode != HttpStatusCode.NotModified)
        {
            ForwardedHeaders.Remove(answer.Content.Headers, "Content-Length");
        }
    }

    /// <summary>Whether bytes go both ways after this answer.</summary>
    public static bool OpensTunnel(HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.SwitchingProtocols
        || (answer.StatusCode == HttpStatusCode.OK && answer.RequestMessage?.Method == HttpMethod.Connect);

    private static InvalidDataException Invalid(string what) => new("answered " + what);
}
