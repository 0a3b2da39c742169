using System.Text;
using System.Text.Json;

namespace OrleansRegistry.RestClient;

/// <summary>
/// A registry, over HTTP: a method for each operation of its OpenAPI document. One client serves all threads. Making
/// one connects nothing. A method throws a <see cref="RegistryException"/> when the registry refuses.
/// </summary>
public sealed partial class RegistryRestClient : IDisposable
{
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

    /// <summary>Closes the connections that the client has made.</summary>
    public void Dispose()
    {
        if (_isOwner)
        {
            _http.Dispose();
        }
    }

    private static JsonElement Json(string text) => Transport.Parse(Encoding.UTF8.GetBytes(text))!.Value;

    private Task<T> Send<T>(RegistryRequest request, Func<JsonElement, T> make, CancellationToken cancellationToken)
        where T : Document => _transport.Send(request, make, cancellationToken);

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
}
