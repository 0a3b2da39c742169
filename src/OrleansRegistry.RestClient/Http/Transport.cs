using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>Sends requests until they have an answer, or there is no use in going on (rules C1 and C2).</summary>
internal sealed class Transport
{
    private const int LongestDocument = 64 * 1024 * 1024;
    private const int LongestError = 1024 * 1024;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly Uri _root;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan? _totalTimeout;
    private readonly int _retries;
    private readonly Action<RetryNotice>? _onRetry;
    private readonly AuthenticationHeaderValue? _authorization;

    /// <exception cref="ArgumentException">A setting is missing or not valid.</exception>
    public Transport(HttpClient http, RegistryRestClientOptions options, TimeProvider clock)
    {
        _root = options.CheckedUrl();
        _authorization = options.ApiKey is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;
        (_timeout, _totalTimeout, _retries, _onRetry) = (
            options.Timeout,
            options.TotalTimeout,
            options.Retries,
            options.OnRetry);
        // Every step has a limit of its own.
        http.Timeout = Timeout.InfiniteTimeSpan;
        (_http, Clock) = (http, clock);
        Wait = (time, cancellationToken) => Task.Delay(time, Clock, cancellationToken);
    }

    public TimeProvider Clock { get; }

    /// <summary>A random part of one; tests have their own.</summary>
    public Func<double> Random { get; set; } = static () =>
        RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;

    /// <summary>Waits; tests only write down for how long.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; set; }

    /// <summary>Sends a request that a JSON document answers.</summary>
    public Task<T> Send<T>(RegistryRequest request, Func<JsonElement, T> make, CancellationToken cancellationToken)
        where T : Document => UntilAnswered(
            request,
            async reply =>
            {
                var document = make(await ReadDocument(reply, cancellationToken));
                document.EntityTag = reply.Header("ETag");
                return document;
            },
            make,
            cancellationToken);

    /// <summary>Sends a request, and reads its answer; what fails in reading counts as a lost request.</summary>
    public Task<T> Read<T>(RegistryRequest request, Func<Reply, Task<T>> read, CancellationToken cancellationToken) =>
        UntilAnswered(request, read, null, cancellationToken);

    /// <summary>Sends a request a single time.</summary>
    public async Task Once(RegistryRequest request, CancellationToken cancellationToken) =>
        await Try(
            request,
            async reply => await reply.ReadAll(LongestDocument, cancellationToken),
            new Stopwatches(Clock, _totalTimeout),
            new Told(),
            cancellationToken);

    /// <summary>Waits a random time, at most as long as the number of failures allows, for whoever begins
    /// anew.</summary>
    public Task Pause(int failures, CancellationToken cancellationToken) =>
        Wait(Random() * Smaller(LongestWait, TimeSpan.FromSeconds(Math.Pow(2, failures))), cancellationToken);

    private async Task<T> UntilAnswered<T>(
        RegistryRequest request, Func<Reply, Task<T>> read, Func<JsonElement, T>? make,
        CancellationToken cancellationToken)
    {
        var stopwatches = new Stopwatches(Clock, _totalTimeout);
        RegistryException? doubt = null; // the last failure after which the command may have been done
        for (var tries = 1; ; tries++)
        {
            var told = new Told();
            RegistryException error;
            try
            {
                return await Try(request, read, stopwatches, told, cancellationToken);
            }
            catch (RegistryException failed)
            {
                error = failed;
            }

            if (request.IsCommand && LeavesDoubt(error))
            {
                doubt = error;
            }

            if (tries <= _retries && IsWorthAnother(request, error)
                && WaitBefore(tries, told.RetryAfter) is { } wait && (
                    stopwatches.Remaining is not { } left || wait < left))
            {
                _onRetry?.Invoke(new RetryNotice(request.Operation.Name, error, wait));
                await Wait(wait, cancellationToken);
                continue;
            }

            if (doubt is not null && error != doubt && make is not null && await Settled(request, error) is { } settled)
            {
                return make(settled);
            }

            throw Final(request, error, doubt);
        }
    }

    private async Task<T> Try<T>(
        RegistryRequest request, Func<Reply, Task<T>> read, Stopwatches stopwatches, Told told,
        CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // Whoever reads the answer disposes it: some give it to the user as a stream.
        var reply = await Exchange(request, stopwatches, cancellationToken);
#pragma warning restore CA2000
        try
        {
            if (reply.Message.IsSuccessStatusCode)
            {
                return await read(reply);
            }

            told.RetryAfter = reply.Message.Headers.RetryAfter is { } after
                ? after.Delta ?? (after.Date is { } date ? Larger(TimeSpan.Zero, date - Clock.GetUtcNow()) : null)
                : null;
            throw await ErrorOf(request, reply, cancellationToken);
        }
        catch
        {
            await reply.DisposeAsync();
            throw;
        }
    }

    private async Task<Reply> Exchange(
        RegistryRequest request,
        Stopwatches stopwatches,
        CancellationToken cancellationToken)
    {
        var silence = (request.Timeout ?? _timeout) + request.Patience;
        using var message = request.ToHttp(_root);
        message.Headers.Authorization = _authorization;
        using var limit = stopwatches.Limit(silence, cancellationToken);
        try
        {
            return new Reply(
                await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token),
                stopwatches,
                silence);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // The handler's own limit is that of a connection: nothing has been sent then.
            throw limit.IsUp
                ? limit.TimedOut("There was no answer", isSent: true, e)
                : new TimedOutException(
                    $"There was no connection to {_root.Authority} in time.",
                    isSent: false,
                    isRetryable: true,
                    e);
        }
        catch (HttpRequestException e)
        {
            var isSent = e.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);
            throw new ConnectionFailedException(
                isSent
                    ? "The connection broke before there was an answer."
                    : $"There is no connection to {_root.Authority}: {Cause(e)}", isSent, e);
        }
    }

    private async Task<RegistryException> ErrorOf(
        RegistryRequest request,
        Reply reply,
        CancellationToken cancellationToken)
    {
        // What went through to the model's server carries the version that answered. A refusal of ours may do so too,
        // but says that it is ours.
        var isOurs = reply.Header("Registry-Problem") is not null || reply.Header("Model-Version-Id") is null;
        if (request.IsCall && !isOurs)
        {
            var answer = await reply.ReadAll(LongestError, cancellationToken);
            return new ModelErrorException(
                $"The model's server answered {reply.Status}: {Reply.Excerpt(answer)}".TrimEnd(':', ' '),
                reply.Status,
                reply.Header("X-Request-Id"),
                answer.AsMemory(0, Math.Min(answer.Length, LongestError)),
                reply.Header("Model-Version"),
                reply.Header("Model-Version-Id"));
        }

        if (reply.Status is >= 300 and < 400)
        {
            return new InvalidAnswerException(
                "The server redirects to another place, and redirects are not followed. Change the URL.",
                reply.Status);
        }

        var body = await reply.ReadAll(LongestError, cancellationToken);
        var problem = reply.Is("application/problem+json") ? Parse(body) : null;
        if (problem is not { ValueKind: JsonValueKind.Object } told)
        {
            return new RegistryException(new Refusal
            {
                Status = reply.Status,
                Code = $"status_{reply.Status}",
                Detail = $"Status {reply.Status} without a problem. Is there a proxy between? {Reply.Excerpt(body)}".TrimEnd(),
                RequestId = reply.Header("X-Request-Id"),
                IsRetryable = IsBusy(reply.Status),
            });
        }

        var code = Member(told, "code") ?? $"status_{reply.Status}";
        var detail = Member(told, "detail") ?? Member(told, "title") ?? $"Status {reply.Status}.";
        if (code == "unauthenticated" && _authorization is null)
        {
            detail += " This client has no key.";
        }

        bool? isSent = told.TryGetProperty("sent", out var sent)
            && sent.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? sent.GetBoolean()
            : null;
        return Refusals.ToException(new Refusal
        {
            Status = reply.Status,
            Code = code,
            Detail = detail,
            Errors = ErrorsOf(told),
            RequestId = Member(told, "trace_id") ?? reply.Header("X-Request-Id"),
            IsRetryable = code != "serving_failed" && (IsBusy(reply.Status) || isSent == false),
            Raw = told,
            IsSent = isSent,
        });
    }

    private TimeSpan? WaitBefore(int tries, TimeSpan? told)
    {
        var jitter = Random() * Smaller(LongestWait, FirstWait * Math.Pow(2, tries - 1));
        // A little later than told, so that not all who were told the same come at once.
        return told is not { } after ? jitter : after <= LongestRetryAfter ? after + jitter : null;
    }

    private static bool IsBusy(int status) => status is 429 or 502 or 503 or 504;

    /// <summary>Rule C1.</summary>
    private static bool IsWorthAnother(RegistryRequest request, RegistryException error) => error switch
    {
        { IsRetryable: false } => false,
        ConnectionFailedException failed => !failed.IsSent || request.IsRepeatable,
        TimedOutException late => !late.IsSent || request.IsRepeatable,
        { Status: 429 } or { Code: "version_starting" } or { Refusal.IsSent: false } => true,
        _ => request.IsRepeatable,
    };

    private static bool LeavesDoubt(RegistryException error) => error switch
    {
        ConnectionFailedException failed => failed.IsSent,
        TimedOutException late => late.IsSent,
        // A redirect says that nothing was done here.
        InvalidAnswerException => error.Status is not (>= 300 and < 400),
        // Without a problem it is some proxy's answer, and what the registry has done is not known.
        _ => error.Status is 502 or 503 or 504 || error.Code.StartsWith("status_5", StringComparison.Ordinal),
    };

    private static async Task<JsonElement?> Settled(RegistryRequest request, RegistryException error)
    {
        try
        {
            return request.Settle is null ? null : await request.Settle(error);
        }
        catch (RegistryException)
        {
            return null;
        }
    }

    /// <summary>The error that the user gets. With a doubt about what was done, the doubt matters most.</summary>
    private static RegistryException Final(RegistryRequest request, RegistryException error, RegistryException? doubt)
    {
        var isLostCall = request.IsCall && !request.IsRead
            && error is ConnectionFailedException { IsSent: true } or TimedOutException { IsSent: true };
        if (doubt is null && !isLostCall)
        {
            return error;
        }

        var detail = error == doubt || isLostCall
            ? $"{request.Operation.Name} was sent, and its outcome is not known: {error.Detail}"
            : $"{request.Operation.Name} may have been done when it was sent before: {error.Detail}";
        return new OutcomeUnknownException(detail, error, request.IdempotencyKey);
    }

    private static async Task<JsonElement> ReadDocument(Reply reply, CancellationToken cancellationToken)
    {
        await using (reply)
        {
            var body = await reply.ReadAll(LongestDocument, cancellationToken);
            return body.Length > LongestDocument
                ? throw new InvalidAnswerException($"The answer has more than {LongestDocument} bytes.", reply.Status)
                : Parse(body) ?? throw new InvalidAnswerException(
                    "The answer is no JSON. Is the URL the registry's?",
                    reply.Status);
        }
    }

    internal static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Member(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static Dictionary<string, IReadOnlyList<string>> ErrorsOf(JsonElement problem) =>
        problem.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object
            ? errors.EnumerateObject().ToDictionary(
                field => field.Name,
                IReadOnlyList<string> (field) => field.Value.ValueKind == JsonValueKind.Array
                    ? [.. field.Value.EnumerateArray().Select(message => message.ToString())]
                    : [field.Value.ToString()])
            : [];

    private static string Cause(HttpRequestException error)
    {
        Exception cause = error;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return cause.Message.TrimEnd('.') + ".";
    }

    private static TimeSpan Smaller(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Larger(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>What a refused try has told about the next one.</summary>
    private sealed class Told
    {
        public TimeSpan? RetryAfter { get; set; }
    }
}
