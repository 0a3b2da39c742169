using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansRegistry.RestClient;

/// <summary>
/// A registry, over HTTP: a method for each operation of its OpenAPI document. One client serves all threads. Making
/// one connects nothing. A method throws a <see cref="RegistryException"/> when the registry refuses.
/// </summary>
public sealed partial class RegistryRestClient : IDisposable
{
    private const int PageSize = 200;
    private const int LogTailLines = 50;

    // Many load balancers cut off at 60 seconds.
    private static readonly TimeSpan WaitSlice = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // The registry writes a comment every 15 seconds.
    private const string EventStreamType = "text/event-stream";

    private static readonly TimeSpan StreamSilence = TimeSpan.FromSeconds(45);

    private readonly Transport _transport;
    private readonly HttpClient _http;
    private readonly bool _isOwner;

    /// <summary>Makes a client with connections of its own.</summary>
    /// <param name="options">The settings. Later changes of them have no effect.</param>
    /// <exception cref="ArgumentException">A setting is missing or not valid.</exception>
#pragma warning disable CA2000 // Dispose does: it belongs to this client.
    public RegistryRestClient(RegistryRestClientOptions options)
        : this(new HttpClient(RegistryHandler.Create(options)), options) => _isOwner = true;
#pragma warning restore CA2000

    /// <summary>Makes a client over given connections. They must not follow redirects: the key would go
    /// along.</summary>
    /// <param name="http">The connections. The client sets their timeout, and does not dispose them.</param>
    /// <param name="options">The settings. Later changes of them have no effect.</param>
    /// <param name="clock">Tells the time; null for the system's.</param>
    /// <exception cref="ArgumentException">A setting is missing or not valid.</exception>
    public RegistryRestClient(HttpClient http, RegistryRestClientOptions options, TimeProvider? clock = null)
    {
        _http = http;
        _transport = new Transport(http, options, clock ?? TimeProvider.System);
    }

    internal Transport Transport => _transport;

    /// <summary>
    /// Deploys a new version of a model. A new name makes a model. It is safe to repeat, and is repeated when the
    /// connection breaks: exactly one version is made.
    /// </summary>
    /// <param name="body">What is deployed.</param>
    /// <param name="parameters">
    /// <c>IdempotencyKey</c> names the version that you want: the same key with the same body answers the version that
    /// was made before. By default each call draws a key.
    /// </param>
    /// <param name="cancellationToken">Ends the operation.</param>
    /// <exception cref="OutcomeUnknownException">It may have been made. Repeat it with the exception's key.</exception>
    public Task<ModelVersion> Deploy(
        Deployment body,
        DeployParameters? parameters = null,
        CancellationToken cancellationToken = default)
    {
        var request = new RegistryRequest(Operations.Deploy) { Body = body }.With(parameters);
        if (request.IdempotencyKey is null && !request.IsDryRun)
        {
            request.AddHeader("Idempotency-Key", RandomNumberGenerator.GetHexString(32, lowercase: true));
        }

        return Send(request, static raw => new ModelVersion(raw), cancellationToken);
    }

    /// <summary>Deletes a model with all its versions, at once and for ever.</summary>
    /// <param name="model">The model's id. A name is refused: meanwhile it may be another model's.</param>
    /// <param name="parameters">What is left out when it is null.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<DeletedModel> DeleteModel(
        string model,
        DeleteModelParameters? parameters = null,
        CancellationToken cancellationToken = default) =>
        Send(
        new RegistryRequest(Operations.DeleteModel, ("model", model))
        {
            Settle = error => Task.FromResult(error is ModelDeletedException ? (JsonElement?)Json($$"""{"id":"{{model}}","deleted":true}""") : null),
        }.With(parameters),
        static raw => new DeletedModel(raw),
        cancellationToken);

    /// <summary>Deletes a version, at once and for ever. Deleting the last one of a model deletes the model.</summary>
    /// <param name="id">The version's id.</param>
    /// <param name="parameters">What is left out when it is null.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<StopAnswer> DeleteVersion(
        string id,
        DeleteVersionParameters? parameters = null,
        CancellationToken cancellationToken = default) =>
        Send(
        new RegistryRequest(Operations.DeleteVersion, ("id", id))
        {
            Settle = error => SettledDeletion(id, error, cancellationToken),
        }.With(parameters),
        static raw => new StopAnswer(raw),
        cancellationToken);

    /// <summary>Deletes a webhook.</summary>
    /// <param name="id">The webhook's id.</param>
    /// <param name="parameters">What is left out when it is null.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task DeleteWebhook(
        string id, DeleteWebhookParameters? parameters = null, CancellationToken cancellationToken = default) => Send(
        new RegistryRequest(Operations.DeleteWebhook, ("id", id))
        {
            Settle = static error => Task.FromResult(
                error is WebhookNotFoundException ? (JsonElement?)Json("{}") : null),
        }.With(parameters),
        static raw => new Webhook(raw),
        cancellationToken);

    /// <summary>
    /// Finds a version: by its id, or by its model's name and a selector. <c>iris</c> is the primary, <c>iris@1.2.0</c>
    /// that number whatever its state, <c>iris@^1</c> the highest in the range. The last <c>@</c> separates.
    /// </summary>
    /// <param name="reference">A version's id, or a model's name, perhaps with a selector.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    /// <exception cref="ArgumentException">One side of the <c>@</c> is empty.</exception>
    public async Task<ModelVersion> FindVersion(string reference, CancellationToken cancellationToken = default)
    {
        var name = VersionReference.Parse(reference);
        if (name.Selector is null && name.IsId)
        {
            return await GetVersion(reference, cancellationToken: cancellationToken);
        }

        if (name.IsNumber)
        {
            // Not by what is routable: drafts that start, and inactive and deleted versions have numbers too.
            return await GetVersionByNumber(name.Model, name.Selector!, cancellationToken);
        }

        var resolved = await Resolve(name.Model, new ResolveParameters { Version = name.Selector }, cancellationToken);
        return await GetVersion(resolved.VersionId, cancellationToken: cancellationToken);
    }

    /// <summary>Waits until a version is ready.</summary>
    /// <param name="id">The version's id.</param>
    /// <param name="timeout">When to give up.</param>
    /// <param name="untilPrimary">Waits until it is the primary, too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StartFailedException">It will not become ready: its start failed, or it is inactive or
    /// deleted.</exception>
    /// <exception cref="TimedOutException">It took longer than <paramref name="timeout"/>.</exception>
    public async Task<ModelVersion> WaitForVersion(
        string id, TimeSpan timeout, bool untilPrimary = false, CancellationToken cancellationToken = default)
    {
        var clock = _transport.Clock;
        var begun = clock.GetTimestamp();
        while (true)
        {
            var asked = clock.GetTimestamp();
            var left = timeout - clock.GetElapsedTime(begun);
            var seconds = Math.Clamp((long)left.TotalSeconds, 1, (long)WaitSlice.TotalSeconds);
            var version = await GetVersion(
                id,
                new GetVersionParameters { Wait = "ready", TimeoutSeconds = seconds },
                cancellationToken);
            var isReady = await IsReady(version, cancellationToken);
            if (isReady && (!untilPrimary || version.IsPrimary))
            {
                return version;
            }

            left = timeout - clock.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                var state = isReady ? "ready, but not the primary," : "not ready";
                throw new TimedOutException(
                    $"Version {version.Version} of {version.ModelName} ({version.Id}) is {state} after {timeout.TotalSeconds:0.###} seconds.",
                    isSent: true,
                    isRetryable: false);
            }

            // The registry answers at once where there is no start to wait for.
            if (clock.GetElapsedTime(asked) < PollInterval)
            {
                await Task.Delay(left < PollInterval ? left : PollInterval, clock, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Events as they happen. When the connection ends, the next one goes on behind the last event: none is missed, and
    /// none comes twice. Nothing but a refusal or the end of the iteration ends it.
    /// </summary>
    /// <param name="model">Only those of this model, by name or id; null for all.</param>
    /// <param name="types">Only those of these types; null for all.</param>
    /// <param name="after">Only those behind the event with this id; null for all that are kept.</param>
    /// <param name="cancellationToken">Ends the iteration.</param>
    public async IAsyncEnumerable<RegistryEvent> FollowEvents(
        string? model = null,
        IReadOnlyList<string>? types = null,
        string? after = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RegistryRequest Request()
        {
            var request = model is null
                ? new RegistryRequest(Operations.ListEvents) { Accept = EventStreamType, Timeout = StreamSilence }
                : new RegistryRequest(Operations.ListModelEvents, ("model", model)) { Accept = EventStreamType, Timeout = StreamSilence };
            request.Add("type", types);
            request.Add("after", after);
            return request;
        }

        await foreach (var raw in Follow(Request, cancellationToken))
        {
            yield return new RegistryEvent(raw);
        }
    }

    /// <summary>
    /// The lines that the processes of a version write, of a version that the registry runs. When the connection ends,
    /// the next one goes on behind the last line. Nothing but a refusal or the end of the iteration ends it.
    /// </summary>
    /// <param name="id">The version's id.</param>
    /// <param name="tail">Begins with the last so many lines; null for a hundred.</param>
    /// <param name="cancellationToken">Ends the iteration.</param>
    public async IAsyncEnumerable<LogLine> FollowVersionLog(
        string id, long? tail = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RegistryRequest Request()
        {
            var request = new RegistryRequest(Operations.GetVersionLog, ("id", id)) { Accept = EventStreamType, Timeout = StreamSilence };
            request.Add("tail", tail);
            return request;
        }

        await foreach (var raw in Follow(Request, cancellationToken))
        {
            yield return new LogLine(raw);
        }
    }

    private async IAsyncEnumerable<JsonElement> Follow(
        Func<RegistryRequest> make, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? last = null;
        for (var failures = 0; ; failures++)
        {
            var request = make();
            request.AddHeader("Last-Event-ID", last);
            // The first connection shows whether the events can be read at all.
            var reply = await Connected(request, last is null && failures == 0, cancellationToken);
            if (reply is not null)
            {
                await using (reply)
                {
                    await using var parts = SseParser.Create(reply).EnumerateAsync(cancellationToken).GetAsyncEnumerator(
                        cancellationToken);
                    while (await Next(parts))
                    {
                        failures = 0;
                        last = parts.Current.EventId is { Length: > 0 } id ? id : last;
                        yield return Transport.Parse(Encoding.UTF8.GetBytes(parts.Current.Data))
                            ?? throw new InvalidAnswerException("An event is no JSON.");
                    }
                }
            }

            // The node stops, or this reader was too slow: go on at another one, or later.
            await _transport.Pause(failures, cancellationToken);
        }
    }

    /// <summary>The bill of a month as CSV, in the columns of FOCUS 1.2.</summary>
    /// <param name="month">The month in UTC, <c>2026-03</c>.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<string> GetStatementCsv(string month, CancellationToken cancellationToken = default) => _transport.Read(
        new RegistryRequest(Operations.GetStatement, ("month", month)) { Accept = "text/csv" },
        async reply =>
        {
            await using (reply)
            {
                return Encoding.UTF8.GetString(await reply.ReadAll(null, cancellationToken));
            }
        },
        cancellationToken);

    /// <summary>Sends any request to the registry, such as one that only a newer registry knows.</summary>
    /// <param name="method">The method. What is sent with GET and HEAD is safe to repeat; all else is sent
    /// once.</param>
    /// <param name="target">Path and query, beginning with a slash.</param>
    /// <param name="content">The body; null for none.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    /// <exception cref="ArgumentException"><paramref name="target"/> begins with no slash, or with two.</exception>
    public Task<PredictionStream> SendAny(
        HttpMethod method, string target, CallContent? content = null, CancellationToken cancellationToken = default)
    {
        if (!target.StartsWith('/') || target.StartsWith("//", StringComparison.Ordinal))
        {
            throw new ArgumentException($"The path is \"{target}\", and must begin with one slash.", nameof(target));
        }

        var operation = new Operation($"{method} {target.Split('?')[0]}", method, target);
        return _transport.Read(
            new RegistryRequest(operation)
            {
                Content = content,
                IsRepeatable = method == HttpMethod.Get || method == HttpMethod.Head,
            },
            static reply => Task.FromResult(new PredictionStream(reply)),
            cancellationToken);
    }

    /// <summary>
    /// Uploads bytes of a file, from an offset on. It is sent once: when the connection breaks, ask
    /// <see cref="FindMissingFiles"/> where the upload is.
    /// </summary>
    /// <param name="sha256">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="offset">The first of them, as a byte of the file.</param>
    /// <param name="length">The length of the file in bytes; with its first bytes.</param>
    /// <param name="cancellationToken">Ends the operation; what is stored stays.</param>
    public Task<Upload> UploadFile(
        string sha256, CallContent content, long offset = 0, long? length = null, CancellationToken cancellationToken = default) =>
        Send(
            new RegistryRequest(Operations.UploadFile, ("sha256", sha256)) { Content = content, IsRepeatable = false }
                .AddHeader("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture))
                .AddHeader("Upload-Length", length?.ToString(CultureInfo.InvariantCulture)),
            static raw => new Upload(raw),
            cancellationToken);

    /// <summary>Downloads a file of an artifact.</summary>
    /// <param name="digest">The artifact's digest.</param>
    /// <param name="path">The file's path in the artifact.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<PredictionStream> DownloadFile(string digest, string path, CancellationToken cancellationToken = default) =>
        _transport.Read(
            new RegistryRequest(Operations.DownloadFile, ("digest", digest), ("path", path)),
            static reply => Task.FromResult(new PredictionStream(reply)),
            cancellationToken);

    /// <summary>Downloads a file of the artifact that a version was deployed with.</summary>
    /// <param name="id">The version's id.</param>
    /// <param name="path">The file's path in the artifact.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<PredictionStream> DownloadVersionFile(string id, string path, CancellationToken cancellationToken = default) =>
        _transport.Read(
            new RegistryRequest(Operations.DownloadVersionFile, ("id", id), ("path", path)),
            static reply => Task.FromResult(new PredictionStream(reply)),
            cancellationToken);

    /// <summary>Closes the connections that the client has made.</summary>
    public void Dispose()
    {
        if (_isOwner)
        {
            _http.Dispose();
        }
    }

    private async Task<bool> IsReady(ModelVersion version, CancellationToken cancellationToken)
    {
        var status = version.Serving?.Status ?? ServingStatusValues.Ready;
        var reason = version.State is VersionStateValues.Inactive or VersionStateValues.Deleted ? $"it is {version.State}"
            : status == ServingStatusValues.Failed ? version.Serving?.Message ?? "its start failed"
            : null;
        return reason is null
            ? status is ServingStatusValues.Ready or ServingStatusValues.Idle
            : throw new StartFailedException(
                $"Version {version.Version} of {version.ModelName} will not become ready: {reason}",
                version,
                version.Runtime is null ? null : await LogTail(version.Id, cancellationToken));
    }

    private async Task<string?> LogTail(string id, CancellationToken cancellationToken)
    {
        try
        {
            var log = await GetVersionLog(id, new GetVersionLogParameters { Tail = LogTailLines }, cancellationToken);
            return log.Lines.Count == 0 ? null : string.Join('\n', log.Lines.Select(line => line.Text));
        }
        catch (RegistryException)
        {
            // The failed start is what matters. Only deployers read logs.
            return null;
        }
    }

    private static JsonElement Json(string text) => Transport.Parse(Encoding.UTF8.GetBytes(text))!.Value;

    private static async Task<bool> Next(IAsyncEnumerator<SseItem<string>> parts)
    {
        try
        {
            return await parts.MoveNextAsync();
        }
        catch (RegistryException e) when (e is ConnectionFailedException or TimedOutException)
        {
            return false;
        }
    }

    private async Task<Reply?> Connected(RegistryRequest request, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await _transport.Read(request, Task.FromResult, cancellationToken);
            if (reply.Is("text/event-stream"))
            {
                return reply;
            }

            await reply.DisposeAsync();
            throw new InvalidAnswerException(
                "The answer is no stream of events. Is the URL the registry's?",
                reply.Status);
        }
        catch (RegistryException e) when (!isFirst && e.IsRetryable)
        {
            return null;
        }
    }

    /// <summary>After a lost answer the version is deleted. Where the primary went is not known any more.</summary>
    private async Task<JsonElement?> SettledDeletion(
        string id,
        RegistryException error,
        CancellationToken cancellationToken)
    {
        if (error is not VersionDeletedException)
        {
            return null;
        }

        var version = await GetVersion(id, cancellationToken: cancellationToken);
        var modelDeleted = false;
        try
        {
            await GetModel(version.ModelId, cancellationToken);
        }
        catch (ModelDeletedException)
        {
            modelDeleted = true;
        }

        return Json($$"""
            {"version":{{version.Raw.GetRawText()}},"changed":true,"primary_change":null,"model_deleted":{{(modelDeleted ? "true" : "false")}},
             "traffic":null,"in_flight_left":null}
            """);
    }

    private Task<T> Send<T>(RegistryRequest request, Func<JsonElement, T> make, CancellationToken cancellationToken)
        where T : Document => _transport.Send(request, make, cancellationToken);

    /// <summary>Rule C4: the next page is asked for when it is needed.</summary>
    private async IAsyncEnumerable<T> List<T>(
        RegistryRequest request, Func<JsonElement, T> make,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in Pages(request, "items", cancellationToken))
        {
            foreach (var item in page.Raw.GetProperty("items").EnumerateArray())
            {
                yield return make(item);
            }
        }
    }

    /// <summary>An answer that comes in pages, as one with the items of all of them.</summary>
    private async Task<T> Whole<T>(
        RegistryRequest request,
        string member,
        Func<JsonElement, T> make,
        CancellationToken cancellationToken)
    {
        JsonObject? whole = null;
        await foreach (var page in Pages(request, member, cancellationToken))
        {
            var next = JsonObject.Create(page.Raw)!;
            if (whole is not null)
            {
                foreach (var item in next[member]!.AsArray())
                {
                    whole[member]!.AsArray().Add(item?.DeepClone());
                }
            }

            whole ??= next;
        }

        whole!["next_page_token"] = null;
        return make(Json(whole.ToJsonString()));
    }

    private async IAsyncEnumerable<Page> Pages(
        RegistryRequest request, string member, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var page = await Send(request.OfPage(PageSize, token), static raw => new Page(raw), cancellationToken);
            if (!page.Raw.TryGetProperty(member, out var items) || items.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidAnswerException("The answer is no list. Is the URL the registry's?");
            }

            yield return page;
            token = page.NextPageToken;
        }
        while (token is not null);
    }

    private Task<Prediction> Call(RegistryRequest request, CancellationToken cancellationToken) => _transport.Read(
        request,
        async reply =>
        {
            await using (reply)
            {
                return new Prediction(reply, await reply.ReadAll(null, cancellationToken));
            }
        },
        cancellationToken);

    private Task<PredictionStream> Open(RegistryRequest request, CancellationToken cancellationToken) =>
        _transport.Read(request, static reply => Task.FromResult(new PredictionStream(reply)), cancellationToken);

    /// <summary>Asks once whether something is up.</summary>
    private async Task<bool> Ask(RegistryRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _transport.Once(request, cancellationToken);
            return true;
        }
        catch (RegistryException e) when (e is ModelErrorException || e.Status is >= 500 or 409)
        {
            return false;
        }
    }

    private sealed class Page(JsonElement raw) : Document(raw)
    {
        public string? NextPageToken => OptionalText("next_page_token");
    }
}
