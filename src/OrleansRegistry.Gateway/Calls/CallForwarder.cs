using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansRegistry.Outbound;
using Yarp.ReverseProxy.Forwarder;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Sends a call to a version's server and its answer back, both as streams. What goes wrong on the way is a problem
/// with a code.
/// </summary>
internal sealed class CallForwarder(
    IHttpForwarder forwarder, BackendClient client, ServerRecords servers, CallSignReporter signs, NodeEnd end, CallOptions options)
{
    private readonly string _loopToken = $"orleans-registry-{Guid.NewGuid():N}";

    private readonly SharedRoom _room = new(KeptBytes.Room);

    private readonly ForwarderRequestConfig _config = new()
    {
        ActivityTimeout = TimeSpan.FromSeconds(options.ActivityTimeoutSeconds),
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    /// <summary>Whether a request was forwarded by this gateway before.</summary>
    internal bool IsLoop(HttpRequest request) =>
        request.Headers[CallTransformer.LoopHeader].Any(value => value?.Contains(_loopToken, StringComparison.Ordinal) ?? false);

    /// <summary>
    /// Forwards a call. Answers whether the model's server did its part: false when it answered 5xx or could not be
    /// asked.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="call">Where it goes.</param>
    /// <param name="prepare">Makes the call of a version with another serving URL.</param>
    /// <param name="admitted">What ends it before its time.</param>
    internal async Task<bool> Forward(HttpContext context, Call call, Func<ResolvedVersion, Call> prepare, AdmittedCall admitted)
    {
        using var socket = WebSocketHandshake.IsOne(context) ? new WebSocketEnd(context, end) : null;
        if (socket is null)
        {
            // Whatever else it asks to be upgraded to.
            context.Features.Set<IHttpUpgradeFeature>(null);
        }

        var answer = new BrokenAnswer(context);
        try
        {
            await using var body = CallerBody.Of(context, call);
            if (call.Version.Servers is not null)
            {
                return await SendToOneOfSeveral(context, call, body, prepare, admitted);
            }

            context.Request.Body = body ?? context.Request.Body;
            return await Send(context, call, body, attempts: null, admitted);
        }
        finally
        {
            await answer.Finish();
        }
    }

    /// <summary>Sends a call to one of its version's servers, and to another one where rule SV6 allows that.</summary>
    private async Task<bool> SendToOneOfSeveral(
        HttpContext context, Call call, CallerBody? body, Func<ResolvedVersion, Call> prepare, AdmittedCall admitted)
    {
        var (version, workspace) = (call.Version, admitted.Caller.Workspace);
        using var kept = body is not null && version.Repeatable ? new KeptBytes(_room, workspace) : null;
        await using var repeated = body is null ? null : new AttemptBody(body, kept);
        using var attempts = new CallAttempts(servers, workspace, version, context.Request, repeated);
        context.Request.Body = repeated ?? context.Request.Body;
        bool isGood;
        do
        {
            var next = prepare(version with { ServingUrl = attempts.Next() });
            if (attempts.Count > 1)
            {
                Clear(context, next, attempts);
                context.Features.Set<IForwarderErrorFeature>(null);
            }

            isGood = await Send(context, next, body, attempts, admitted);
        }
        while (attempts.GoesOn);
        return isGood;
    }

    private async Task<bool> Send(HttpContext context, Call call, CallerBody? body, CallAttempts? attempts, AdmittedCall admitted)
    {
        var transformer = new CallTransformer(call, body, attempts, TellOf(call.Version, admitted), _loopToken);
        var error = await forwarder.SendAsync(context, call.Destination.AbsoluteUri, client.For(call.Process), _config, transformer, admitted.Ended);
        if (attempts is { GoesOn: true })
        {
            return false;
        }

        var response = context.Response;
        var cause = context.GetForwarderErrorFeature()?.Exception;
        if (RefusedBodyException.CauseOf(cause) is { } refusal)
        {
            // It may not look whole.
            await (response.HasStarted ? Abort(context) : Refuse(context, call, attempts, refusal));
            return true;
        }

        if (error == ForwarderError.None || transformer.IsAnswered)
        {
            // A server may answer before it has read the whole request. Then the rest is of no use to anybody.
            var isGood = response.StatusCode < StatusCodes.Status500InternalServerError;
            // An answer without a body may not have begun yet; nobody may add to it.
            await response.StartAsync();
            return isGood;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            return true;
        }

        if (admitted.Why is { } why)
        {
            await (response.HasStarted ? Abort(context) : Refuse(context, call, attempts, why));
            return true;
        }

        var isOfCaller = IsOfCaller(response, error, cause);
        if (!response.HasStarted)
        {
            var sent = transformer.Delivery.HasBegun || !IsOfConnecting(cause);
            if (call.Process is not null && !sent)
            {
                await Refuse(context, call, attempts, IsStarting(call.Version));
                return true;
            }

            var isTimeout = IsTimeout(response, error, cause);
            if (attempts is not null)
            {
                attempts.WasSent |= sent;
                if (!isOfCaller && error != ForwarderError.RequestCreation && !HasAnswered(cause)
                    && attempts.GivesWay(!sent ? AttemptFailure.NotReached : isTimeout ? AttemptFailure.Silent : AttemptFailure.BrokenOff))
                {
                    return false;
                }
            }

            if (!isOfCaller && !sent && attempts is not { WasSent: true } && error != ForwarderError.RequestCreation)
            {
                signs.NotBegun(admitted.Caller.Workspace, call.Version);
            }

            var failure = isTimeout ? TimedOut(call.Version, sent) : ToError(error, cause, isOfCaller, call.Version, sent);
            await Refuse(
                context, call, attempts, failure,
                failure.Code is ErrorCode.BackendUnreachable or ErrorCode.BackendTimeout ? sent || attempts is { WasSent: true } : null);
        }

        return isOfCaller;
    }

    private Action? TellOf(ResolvedVersion version, AdmittedCall admitted) =>
        version.ServingUrl is null ? null : () => signs.Succeeded(admitted.Caller.Workspace, version, admitted.Began);

    /// <summary>The process of a version has died, and got nothing of the call (rule X2).</summary>
    internal static RegistryError IsStarting(ResolvedVersion version) =>
        new(ErrorCode.VersionStarting, $"Version {version.Version} is starting again.");

    private static Task Refuse(HttpContext context, Call call, CallAttempts? attempts, RegistryError error, bool? sent = null)
    {
        Clear(context, call, attempts);
        return ProblemWriter.Write(context, error, sent);
    }

    /// <summary>Takes back what was said in an answer that has not begun.</summary>
    private static void Clear(HttpContext context, Call call, CallAttempts? attempts)
    {
        context.Response.Clear();
        CommonHeaders.Apply(context);
        CallTransformer.Name(context.Response.Headers, call.Version);
        attempts?.Name(context.Response.Headers);
    }

    private static Task Abort(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private RegistryError TimedOut(ResolvedVersion version, bool sent) => new(
        ErrorCode.BackendTimeout,
        sent
            ? $"The server of version {version.Version} was silent for {options.ActivityTimeoutSeconds} seconds."
            : $"The server of version {version.Version} could not be connected to within {options.ConnectTimeoutSeconds} seconds.");

    private RegistryError ToError(ForwarderError error, Exception? cause, bool isOfCaller, ResolvedVersion version, bool sent) => error switch
    {
        ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled
            when IsTooLarge(cause) => TooLarge(),
        ForwarderError.RequestBodyClient when isOfCaller => new RegistryError(ErrorCode.ValidationFailed, "The body of the request ended too soon, or is not valid HTTP."),
        _ when cause is InvalidDataException invalid => new RegistryError(ErrorCode.BackendUnreachable, $"The server of version {version.Version} {invalid.Message}."),
        _ when AddressRefusedException.IsCauseOf(cause) => new RegistryError(
            ErrorCode.BackendUnreachable, $"The serving URL of version {version.Version} leads to an address that the registry is not allowed to connect to."),
        _ => new RegistryError(
            ErrorCode.BackendUnreachable,
            sent
                ? $"The server of version {version.Version} closed the connection, or did not answer in HTTP ({Reason(cause)})."
                : $"The server of version {version.Version} could not be reached ({Reason(cause)})."),
    };

    /// <summary>The error of a body that is longer than the setting allows.</summary>
    internal RegistryError TooLarge() => new(ErrorCode.PayloadTooLarge, $"The body may have at most {options.MaxBodyBytes} bytes.");

    private static bool IsTooLarge(Exception? cause) =>
        cause.AndCauses().Any(found => found is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge });

    /// <summary>
    /// Whether the model's server was silent for too long: also after it had begun an answer for which the body was
    /// given up.
    /// </summary>
    private static bool IsTimeout(HttpResponse response, ForwarderError error, Exception? cause) =>
        response.StatusCode == StatusCodes.Status504GatewayTimeout
        || (cause.AndCauses().OfType<OperationCanceledException>().Any() && !IsReset(response, error, cause));

    /// <summary>
    /// Whether the server has ended an HTTP/2 stream while the caller's next bytes were waited for: the client ends the
    /// wait, and nobody else has.
    /// </summary>
    private static bool IsReset(HttpResponse response, ForwarderError error, Exception? cause) =>
        error == ForwarderError.RequestBodyClient && response.StatusCode == StatusCodes.Status400BadRequest
        && cause.AndCauses().OfType<OperationCanceledException>().Any();

    /// <summary>Whether a call ended because of the caller, rather than of the model's server.</summary>
    private static bool IsOfCaller(HttpResponse response, ForwarderError error, Exception? cause) =>
        error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyClient
            or ForwarderError.ResponseBodyCanceled or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient
        && !cause.AndCauses().OfType<BodyGivenUpException>().Any() && !IsReset(response, error, cause);

    /// <summary>Whether the head of an answer has come, which the client refuses.</summary>
    private static bool HasAnswered(Exception? cause) => cause.AndCauses().Any(found => found is HttpRequestException
    {
        HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded,
    });

    /// <summary>
    /// Whether it went wrong before there was a connection: then the server got nothing, unless the client had tried
    /// another one before.
    /// </summary>
    private static bool IsOfConnecting(Exception? cause) =>
        AddressRefusedException.IsCauseOf(cause)
        || cause.AndCauses().Any(found => found is TimeoutException
            or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError });

    private static string Reason(Exception? cause) =>
        cause is HttpRequestException http ? http.HttpRequestError.ToString() : cause?.GetType().Name ?? nameof(ForwarderError);
}
