using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The attempts of a call to a version with several servers, one after the other, each at another server (rules SV4 to
/// SV6). Disposing ends the last one.
/// </summary>
internal sealed class CallAttempts(
    ServerRecords records, string workspace, ResolvedVersion version, HttpRequest request, AttemptBody? body) : IDisposable
{
    /// <summary>How many there are at most.</summary>
    public const int Max = 3;

    private readonly IReadOnlyList<string> _servers = version.Servers!;
    private readonly List<string> _tried = new(Max);
    private readonly bool _isUpgrade = WebSocketHandshake.IsOne(request.HttpContext);
    private ServerAttempt? _attempt;

    /// <summary>How many have begun.</summary>
    public int Count => _tried.Count;

    /// <summary>The request's body, or null where it has none.</summary>
    public AttemptBody? Body => body;

    /// <summary>Whether a server may have got some of the call.</summary>
    public bool WasSent { get; set; }

    /// <summary>Whether another attempt takes the place of the last one.</summary>
    public bool GoesOn { get; private set; }

    /// <summary>Begins the next one. Answers the URL of its server.</summary>
    public string Next()
    {
        _attempt?.Dispose();
        _attempt = records.Begin(workspace, version.VersionId, _servers, version.Down ?? [], _tried);
        _tried.Add(_attempt.Url);
        GoesOn = false;
        return _attempt.Url;
    }

    /// <summary>The head of an answer has come. Answers whether the call goes on elsewhere without it.</summary>
    public bool GivesWay(int status)
    {
        WasSent = true;
        if (SecondTry.IsUnavailable(status))
        {
            return GivesWay(AttemptFailure.Unavailable);
        }

        _attempt!.Report(hasFailed: false);
        body?.StopKeeping();
        return false;
    }

    /// <summary>
    /// The attempt has failed, unless its answer's head has come. Answers whether the call goes on elsewhere.
    /// </summary>
    public bool GivesWay(AttemptFailure failure)
    {
        if (_attempt!.IsReported)
        {
            return false;
        }

        _attempt.Report(hasFailed: true);
        // A body of no length is there with the head.
        var state = request.ContentLength == 0 ? BodyState.None : body?.Hold() ?? BodyState.None;
        GoesOn = Count < Math.Min(Max, _servers.Count)
            && SecondTry.Allows(failure, state, HttpMethods.IsGet(request.Method), _isUpgrade, version.Repeatable);
        if (!GoesOn)
        {
            body?.StopKeeping();
        }

        return GoesOn;
    }

    /// <summary>Says on an answer how many there were, if more than one.</summary>
    public void Name(IHeaderDictionary headers) =>
        headers[ForwardedHeaders.ModelAttempts] =
            Count > 1 ? Count.ToString(CultureInfo.InvariantCulture) : default(StringValues);

    /// <inheritdoc/>
    public void Dispose() => _attempt?.Dispose();
}
