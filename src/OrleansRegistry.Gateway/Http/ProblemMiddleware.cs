using System.Data.Common;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Logging;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Answers every failure with a problem: what handlers throw, and what routing or the server refuses without a body.
/// </summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var response = context.Response;
        CommonHeaders.Apply(context);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
            return;
        }
        catch (Exception e) when (!response.HasStarted)
        {
            response.Clear();
            CommonHeaders.Apply(context);
            await ProblemWriter.Write(context, ToError(e, context.Request));
            return;
        }

        if (response is { HasStarted: false, StatusCode: >= 400, ContentType: null } && Bare(context) is { } error)
        {
            await ProblemWriter.Write(context, error);
        }
    }

    private RegistryError ToError(Exception e, HttpRequest request)
    {
        switch (e)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return TooLarge(request.HttpContext);
            case BadHttpRequestException or IOException { InnerException: OverflowException }:
                // The second is how the server refuses the size of a chunk that no number can hold.
                return new RegistryError(ErrorCode.ValidationFailed, "The request is not valid HTTP.");
            case RequestRefusedException { Error: var error }:
                if (error.Code == ErrorCode.Unavailable)
                {
                    LogUnavailable(request.Method, request.Path, error.Detail);
                }

                return error;
            case StateCorruptException:
                LogCorrupt(e);
                return new RegistryError(ErrorCode.StateCorrupt, e.Message);
            case RegistryUnavailableException or SiloReplacedException or DbException:
            case var interrupted when GrainCalls.IsInterrupted(interrupted):
                LogUnavailable(request.Method, request.Path, e.Message);
                return Unavailable(request);
            default:
                LogUnexpected(request.Method, request.Path, e);
                return new RegistryError(ErrorCode.InternalError, "The registry failed unexpectedly. Its log has the details.");
        }
    }

    private static RegistryError TooLarge(HttpContext context)
    {
        var bytes = context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize ?? RegistryGateway.MaxBodyBytes;
        return new RegistryError(ErrorCode.PayloadTooLarge, $"The body may have at most {bytes >> 20} MiB.");
    }

    private static RegistryError Unavailable(HttpRequest request) => new(
        ErrorCode.Unavailable,
        request.IsRead()
            ? "The registry can't read its database now."
            : $"The outcome of the command is unknown: it may have taken effect, or may still do so within {CommandContext.Lifetime.TotalSeconds} seconds. Check before you repeat it.");

    private static RegistryError? Bare(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new RegistryError(ErrorCode.NotFound, "Nothing is served under this path."),
        StatusCodes.Status405MethodNotAllowed => new RegistryError(
            ErrorCode.MethodNotAllowed, $"This path accepts {context.Response.Headers.Allow}, not {context.Request.Method}."),
        _ => null,
    };

    [LoggerMessage(200, LogLevel.Error, "A request failed unexpectedly: {Method} {Path}")]
    private partial void LogUnexpected(string method, string path, Exception exception);

    [LoggerMessage(201, LogLevel.Warning, "The registry was not available for {Method} {Path}: {Why}")]
    private partial void LogUnavailable(string method, string path, string why);

    [LoggerMessage(202, LogLevel.Error, "A stored row can't be read")]
    private partial void LogCorrupt(Exception exception);
}
