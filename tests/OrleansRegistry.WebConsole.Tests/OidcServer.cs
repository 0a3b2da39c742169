using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OrleansRegistry.WebConsole.Tests;

/// <summary>
/// A small OpenID Connect issuer: it knows one client, whose secret and PKCE it checks, gives each code once, and signs
/// with RS256. Everybody who is sent to it is signed in at once, with the claims that the test names.
/// </summary>
public sealed class OidcServer : IAsyncDisposable
{
    public const string ClientId = "console";
    public const string ClientSecret = "a secret: of the client";

    private readonly WebApplication _app;
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, IQueryCollection> _codes = new();

    private OidcServer(WebApplication app) => _app = app;

    /// <summary>Its name, and where it is.</summary>
    public string Authority => _app.Urls.Single();

    /// <summary>Where it takes people to sign in.</summary>
    public string Login => Authority + "/authorize";

    /// <summary>The claims of the next tokens; a test changes its own copy.</summary>
    public Action<Dictionary<string, object>> Claims { get; set; } = _ => { };

    /// <summary>How long tokens last.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(2);

    /// <summary>What is answered for a code instead of a token, or null.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    /// <summary>The settings of a node whose people sign in here.</summary>
    public IReadOnlyList<string> Settings =>
    [
        $"--Registry:Auth:Oidc:Authority={Authority}",
        "--Registry:Auth:Oidc:Audience=registry",
        "--Registry:Auth:Oidc:WorkspaceClaim=tenant",
        "--Registry:Auth:Oidc:Workspace=default",
        $"--Registry:Auth:Oidc:ClientId={ClientId}",
        $"--Registry:Auth:Oidc:ClientSecret={ClientSecret}",
    ];

    /// <summary>Starts one on a loopback port.</summary>
    public static async Task<OidcServer> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new OidcServer(app);
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new Dictionary<string, object>
        {
            ["issuer"] = issuer.Authority,
            ["jwks_uri"] = issuer.Authority + "/keys",
            ["authorization_endpoint"] = issuer.Login,
            ["token_endpoint"] = issuer.Authority + "/token",
            ["authorization_response_iss_parameter_supported"] = true,
        }));
        app.MapGet("/keys", () => Results.Content($$"""{"keys":[{{issuer.PublicKey()}}]}""", "application/json"));
        app.MapGet("/authorize", issuer.Authorize);
        app.MapPost("/token", (Delegate)issuer.Token);
        await app.StartAsync();
        return issuer;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }

    /// <summary>Signs somebody in who is sent here, and answers where they are sent back to.</summary>
    public async Task<string> SignIn(string? address)
    {
        Assert.StartsWith(Login + "?", address, StringComparison.Ordinal);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler);
        using var response = await client.GetAsync(new Uri(address!));
        Assert.Equal(302, (int)response.StatusCode);
        return response.Headers.Location!.PathAndQuery;
    }

    /// <summary>Forgets what a test has changed.</summary>
    public void Reset() => (Claims, Lifetime, Instead) = (_ => { }, TimeSpan.FromHours(2), null);

    private IResult Authorize(HttpRequest request)
    {
        var asked = request.Query;
        if (asked["client_id"] != ClientId || asked["response_type"] != "code" || asked["code_challenge_method"] != "S256"
            || asked["code_challenge"] is not [{ Length: 43 }] || !asked["scope"].ToString().Split(' ').Contains("openid")
            || !asked["redirect_uri"].ToString().EndsWith("/console/sign-in/callback", StringComparison.Ordinal))
        {
            return Results.BadRequest(request.QueryString.Value);
        }

        var code = Guid.NewGuid().ToString("N");
        _codes[code] = asked;
        return Results.Redirect(QueryHelpers.AddQueryString(
            asked["redirect_uri"]!, new Dictionary<string, string?> { ["code"] = code, ["state"] = asked["state"], ["iss"] = Authority }));
    }

    private async Task Token(HttpContext context)
    {
        if (Instead is not null)
        {
            await Instead(context);
            return;
        }

        var form = await context.Request.ReadFormAsync();
        var pair = $"{Uri.EscapeDataString(ClientId)}:{Uri.EscapeDataString(ClientSecret).Replace("%20", "+", StringComparison.Ordinal)}";
        var isClient = context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
        var isRight = isClient && form["grant_type"] == "authorization_code" && _codes.TryRemove(form["code"]!, out var asked)
            && form["redirect_uri"] == asked["redirect_uri"]
            && Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]!))) == asked["code_challenge"]
                ? asked
                : null;
        if (isRight is null)
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsJsonAsync(new { error = isClient ? "invalid_grant" : "invalid_client" });
            return;
        }

        await context.Response.WriteAsJsonAsync(new { access_token = "none", token_type = "Bearer", id_token = IdToken(isRight["nonce"]!) });
    }

    private string IdToken(string nonce)
    {
        var now = DateTime.UtcNow;
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Authority,
            ["aud"] = ClientId,
            ["sub"] = "ann",
            ["roles"] = "deployer",
            ["tenant"] = "default",
            ["nonce"] = nonce,
        };
        Claims(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims,
            IssuedAt = now,
            Expires = now + Lifetime,
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(_rsa) { KeyId = "rsa" }, SecurityAlgorithms.RsaSha256),
        });
    }

    private string PublicKey()
    {
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"RSA","use":"sig","kid":"rsa","n":"{{Base64UrlEncoder.Encode(key.Modulus)}}","e":"{{Base64UrlEncoder.Encode(key.Exponent)}}"}""";
    }
}
