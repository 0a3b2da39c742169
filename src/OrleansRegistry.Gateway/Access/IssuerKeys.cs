using System.Collections.Frozen;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect.Configuration;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The keys that an OpenID Connect issuer signs with. They are fetched every five minutes, so that a withdrawn key
/// ends, and inside of a request whose token names a key that is not known, so that a new key counts from its first
/// token on. There is one fetch at a time, two seconds after the one before at the soonest, and requests wait for it:
/// strangers, who can name any key, make a token of a new key wait, but can't have it refused.
/// </summary>
internal sealed partial class IssuerKeys(OidcOptions options, TimeProvider clock, ILogger<IssuerKeys> logger)
    : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    /// <summary>How long keys count that can't be fetched again.</summary>
    internal static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>The shortest time between two fetches.</summary>
    internal static readonly TimeSpan MinFetchInterval = TimeSpan.FromSeconds(2);

    /// <summary>For how long nobody asks again for a key that the issuer didn't have.</summary>
    internal static readonly TimeSpan UnknownDuration = TimeSpan.FromSeconds(30);

    /// <summary>How long the issuer has to answer.</summary>
    internal static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);

    private const int MaxUnknown = 1000;
    private const int MaxKeyId = 256;
    private const int MaxAnswerBytes = 1024 * 1024;

    private readonly ConcurrentLru<string, long> _unknownSince = new(MaxUnknown);
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };
    private readonly Lock _lock = new();
    private Task _fetch = Task.CompletedTask;
    private Fetched? _last;
    private long? _beganAt;
    private int _began;
    private int _ended;
    private bool _failed;

    /// <summary>The issuer with its keys.</summary>
    /// <exception cref="RequestRefusedException">
    /// They were not fetched yet, or for too long, and can't be now.
    /// </exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (Present() is { } present)
        {
            return present.Issuer;
        }

        await Fetch().WaitAsync(cancel);
        return Present()?.Issuer ?? throw Unavailable();
    }

    /// <summary>Sees to it that a key of the issuer is known before a token that names it is checked.</summary>
    /// <exception cref="RequestRefusedException">
    /// The key is not known, and the issuer can't be asked for it.
    /// </exception>
    public async Task Find(string keyId, CancellationToken cancellationToken)
    {
        // What an earlier fetch brings may have been said before the issuer had the key.
        var earlier = Volatile.Read(ref _began);
        while (Present()?.KeyIds.Contains(keyId) is not true)
        {
            if (keyId.Length > MaxKeyId || (_unknownSince.TryGet(keyId, out var since) && clock.GetElapsedTime(since) < UnknownDuration))
            {
                return;
            }

            if (Volatile.Read(ref _ended) > earlier)
            {
                if (_failed)
                {
                    throw Unavailable();
                }

                _unknownSince.AddOrUpdate(keyId, clock.GetTimestamp());
                return;
            }

            await Fetch().WaitAsync(cancellationToken);
        }
    }

    /// <summary>Asks for nothing: <see cref="Find"/> has, if there was a reason.</summary>
    public void RequestRefresh()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static RequestRefusedException Unavailable() =>
        new(new RegistryError(ErrorCode.Unavailable, "The keys of the token issuer can't be fetched now."));

    private Fetched? Present() => Volatile.Read(ref _last) is { } last && clock.GetElapsedTime(last.At) < MaxAge ? last : null;

    /// <summary>The fetch that is under way, or the next one.</summary>
    public Task Fetch()
    {
        lock (_lock)
        {
            return _fetch.IsCompleted ? _fetch = FetchInTurn() : _fetch;
        }
    }

    private async Task FetchInTurn()
    {
        if (_beganAt is { } before && MinFetchInterval - clock.GetElapsedTime(before) is { Ticks: > 0 } left)
        {
            await Task.Delay(left, clock);
        }

        var began = clock.GetTimestamp();
        _beganAt = began;
        Volatile.Write(ref _began, _began + 1);
        using var timeout = new CancellationTokenSource(FetchTimeout, clock);
        try
        {
            var issuer = await OpenIdConnectConfigurationRetriever.GetAsync(
                options.Authority.TrimEnd('/') + "/.well-known/openid-configuration",
                new Documents(_http, RequireHttps: !new Uri(options.Authority).IsLoopback),
                timeout.Token);
            if (new OpenIdConnectConfigurationValidator().Validate(issuer) is { Succeeded: false, ErrorMessage: var why })
            {
                throw new InvalidDataException(why);
            }

            Volatile.Write(ref _last, new Fetched(issuer, began));
            _failed = false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _failed = true;
            LogFailed(
                options.Authority,
                timeout.IsCancellationRequested ? $"there is no answer within {FetchTimeout.TotalSeconds:0} seconds" : (e.InnerException ?? e).Message);
        }
        finally
        {
            Volatile.Write(ref _ended, _ended + 1);
        }
    }

    [LoggerMessage(221, LogLevel.Warning, "The keys of the issuer {Authority} can't be fetched; the last ones are valid for an hour: {Why}")]
    private partial void LogFailed(string authority, string why);

    /// <summary>Reads the issuer's documents. The library's own reader can't be told to stop waiting.</summary>
    private sealed record Documents(HttpClient Http, bool RequireHttps) : IDocumentRetriever
    {
        public Task<string> GetDocumentAsync(string address, CancellationToken cancel) =>
            RequireHttps && !address.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
                ? throw new InvalidDataException($"{address} is no https URL")
                : Http.GetStringAsync(new Uri(address), cancel);
    }

    private sealed record Fetched(OpenIdConnectConfiguration Issuer, long At)
    {
        public FrozenSet<string> KeyIds { get; } = Issuer.SigningKeys.Select(key => key.KeyId).OfType<string>().ToFrozenSet(StringComparer.Ordinal);
    }
}
