using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Signs people in at the token issuer (rule G7): OpenID Connect's code flow with PKCE. It keeps nothing of a sign-in;
/// what the return from the issuer must fit, the browser keeps.
/// </summary>
internal sealed partial class IssuerSignIn(
    OidcOptions options,
    string clientId,
    IssuerKeys keys,
    IOptionsMonitor<JwtBearerOptions> bearer,
    IGrainFactory grains,
    TimeProvider clock,
    ILogger<IssuerSignIn> logger) : IDisposable
{
    /// <summary>How long the issuer has for all that one page asks of it.</summary>
    internal static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(4);

    private const int MaxAnswerBytes = 1024 * 1024;
    private const int MaxErrorName = 64;
    private const string Basic = "client_secret_basic";

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        MaxResponseContentBufferSize = MaxAnswerBytes,
    };

    /// <summary>The issuer as people know it: its host.</summary>
    public string Name { get; } = new Uri(options.Authority).Host;

    /// <summary>The page of the issuer where somebody signs in, or why it isn't known now.</summary>
    public Task<Outcome<string>> Begin(SignInSecrets secrets, CancellationToken cancellationToken) => WithinTime<string>(
        async cancel => new OpenIdConnectMessage
        {
            IssuerAddress = Checked((await keys.GetConfigurationAsync(cancel)).AuthorizationEndpoint),
            ClientId = clientId,
            ResponseType = OpenIdConnectResponseType.Code,
            Scope = options.Scopes,
            RedirectUri = secrets.RedirectUri,
            State = secrets.State,
            Nonce = secrets.Nonce,
            Parameters =
            {
                ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(secrets.Verifier))),
                ["code_challenge_method"] = "S256",
            },
        }.CreateAuthenticationRequestUrl(),
        cancellationToken);

    /// <summary>The caller who comes back from the issuer, or why they are not let in.</summary>
    /// <param name="answer">What the issuer has sent them back with; its state is that of <paramref name="secrets"/>.</param>
    /// <param name="secrets">What their sign-in was begun with.</param>
    /// <param name="cancellationToken">Ends the questions to the issuer.</param>
    public Task<Outcome<RequestCaller>> Finish(OpenIdConnectMessage answer, SignInSecrets secrets, CancellationToken cancellationToken) => WithinTime(
        async cancel =>
        {
            var issuer = await keys.GetConfigurationAsync(cancel);
            if (answer.Iss is null ? issuer.AuthorizationResponseIssParameterSupported : answer.Iss != issuer.Issuer)
            {
                return Refuse("The answer is that of another issuer.");
            }

            if (answer.Error is { } error)
            {
                return Refuse($"{Name} has not signed you in: {NameOf(error)}.");
            }

            if (string.IsNullOrEmpty(answer.Code))
            {
                return Refuse("The issuer's answer has no code.");
            }

            return (await Redeem(issuer, answer.Code, secrets, cancel)).TryGet(out var text, out var refusal)
                ? await Identify(text, secrets.Nonce, cancel)
                : refusal;
        },
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The caller whom an ID token of this sign-in names.</summary>
    private async Task<Outcome<RequestCaller>> Identify(string text, string nonce, CancellationToken cancellationToken)
    {
        var check = await IssuerTokens.Check(text, clientId, bearer.Get(JwtBearerDefaults.AuthenticationScheme), keys, cancellationToken);
        if (!check.TryGet(out var token, out var error))
        {
            return error;
        }

        if (!token.TryGetPayloadValue<string>("nonce", out var said) || said != nonce)
        {
            return Refuse("The token is that of another sign-in (nonce).");
        }

        // Who it was made for, where that isn't its only reader (OpenID Connect Core, section 3.1.3.7).
        return token.Azp is { Length: > 0 } party ? party == clientId ? await Find() : ForAnother()
            : token.Audiences.Count() == 1 ? await Find() : ForAnother();

        Task<Outcome<RequestCaller>> Find() => IssuerTokens.FindCaller(token, options, grains);

        RegistryError ForAnother() => Refuse("The token was made for another client (azp).");
    }

    /// <summary>Gets the ID token of a code.</summary>
    private async Task<Outcome<string>> Redeem(OpenIdConnectConfiguration issuer, string code, SignInSecrets secrets, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = OpenIdConnectGrantTypes.AuthorizationCode,
            ["code"] = code,
            ["redirect_uri"] = secrets.RedirectUri,
            ["code_verifier"] = secrets.Verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, Checked(issuer.TokenEndpoint));
        if (options.ClientSecret is { } secret && TakesBasic(issuer))
        {
            var pair = $"{WebUtility.UrlEncode(clientId)}:{WebUtility.UrlEncode(secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
        else
        {
            form["client_id"] = clientId;
            if (options.ClientSecret is not null)
            {
                form["client_secret"] = options.ClientSecret;
            }
        }

        request.Content = new FormUrlEncodedContent(form);
        using var response = await _http.SendAsync(request, cancellationToken);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        if (TextOf(answer, "error") is { } error)
        {
            LogRefused(options.Authority, NameOf(error));
            return Refuse($"{Name} has refused the sign-in: {NameOf(error)}.");
        }

        return response.IsSuccessStatusCode && TextOf(answer, "id_token") is { } token ? token
            : throw new InvalidDataException($"the answer {(int)response.StatusCode} has no ID token");
    }

    /// <summary>Where nothing is said, secrets go into the header (OpenID Connect Discovery, section 3).</summary>
    private static bool TakesBasic(OpenIdConnectConfiguration issuer) =>
        issuer.TokenEndpointAuthMethodsSupported is not { Count: > 0 } methods || methods.Contains(Basic);

    private async Task<Outcome<T>> WithinTime<T>(Func<CancellationToken, Task<Outcome<T>>> ask, CancellationToken cancellationToken)
        where T : class
    {
        using var timeout = new CancellationTokenSource(MaxWait, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ask(both.Token);
        }
        catch (RequestRefusedException e)
        {
            return e.Error;
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException or JsonException or InvalidDataException || (e is OperationCanceledException && timeout.IsCancellationRequested))
        {
            LogRefused(options.Authority, e is OperationCanceledException ? $"there is no answer within {MaxWait.TotalSeconds:0} seconds" : e.Message);
            return new RegistryError(ErrorCode.Unavailable, $"{Name} can't be asked now. Try again in a while.");
        }
    }

    /// <summary>An address of the issuer's document: codes and secrets go there over TLS only.</summary>
    private string Checked(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && new Uri(options.Authority).IsLoopback))
            ? address
            : throw new InvalidDataException("an address of the issuer's document is no https URL");

    /// <summary>An error as the protocol names it; anything else is not repeated.</summary>
    private static string NameOf(string error) =>
        error.Length <= MaxErrorName && error.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? error : "an unknown error";

    private static string? TextOf(JsonDocument answer, string name)
    {
        try
        {
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{name} is no Unicode text", e);
        }
    }

    private static RegistryError Refuse(string detail) => new(ErrorCode.Unauthenticated, detail);

    [LoggerMessage(225, LogLevel.Warning, "A sign-in at the issuer {Authority} has failed: {Why}")]
    private partial void LogRefused(string authority, string why);
}

/// <summary>What a sign-in at the issuer is begun with. Nobody but the browser that begins it knows all of it.</summary>
/// <param name="State">Comes back with the browser.</param>
/// <param name="Nonce">Stands in the token.</param>
/// <param name="Verifier">Is shown with the code (PKCE).</param>
/// <param name="RedirectUri">Where the issuer sends the browser back to.</param>
internal sealed record SignInSecrets(string State, string Nonce, string Verifier, string RedirectUri)
{
    private const int Bytes = 32;

    /// <summary>Draws the secrets of a sign-in.</summary>
    public static SignInSecrets Draw(string redirectUri) => new(Draw(), Draw(), Draw(), redirectUri);

    private static string Draw() => Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(Bytes));
}
