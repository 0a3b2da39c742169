using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OrleansRegistry.Gateway.Tests.Infrastructure;

/// <summary>An OpenID Connect issuer, as far as those who check its tokens see it: discovery, and keys.</summary>
public sealed class Issuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private string _rsaId = "rsa";

    private int _fetches;
    private bool _isAway;
    private TaskCompletionSource? _hanging;

    private Issuer(WebApplication app) => _app = app;

    /// <summary>How often its keys were asked for.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    /// <summary>Whether it answers nobody's question for its keys.</summary>
    public bool IsAway
    {
        get => Volatile.Read(ref _isAway);
        set => Volatile.Write(ref _isAway, value);
    }

    /// <summary>From here on nobody who asks is answered; answers when the first one asks.</summary>
    public Task Hang()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _hanging, asked);
        return asked.Task;
    }

    /// <summary>Ends what <see cref="Hang"/> began.</summary>
    public void Answer() => Volatile.Write(ref _hanging, null);

    /// <summary>Its name, and where it is.</summary>
    public string Authority => _app.Urls.Single();

    /// <summary>The key that most tokens are signed with.</summary>
    public RsaSecurityKey Rsa => new(_rsa) { KeyId = _rsaId };

    /// <summary>Another key of it.</summary>
    public ECDsaSecurityKey Ecdsa => new(_ecdsa) { KeyId = "ec" };

    /// <summary>The public key as a file of it would hold it.</summary>
    public string PublicPem => _rsa.ExportSubjectPublicKeyInfoPem();

    /// <summary>Starts an issuer.</summary>
    public static async Task<Issuer> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new Issuer(app);
        app.Use(async (context, next) =>
        {
            if (Volatile.Read(ref issuer._hanging) is { } asked)
            {
                var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var ended = context.RequestAborted.Register(gone.SetResult);
                asked.TrySetResult();
                await gone.Task;
                return;
            }

            await next(context);
        });
        app.MapGet("/.well-known/openid-configuration", () => Results.Content(
            $$"""{"issuer":"{{issuer.Authority}}","jwks_uri":"{{issuer.Authority}}/keys"}""", "application/json"));
        app.MapGet("/keys", () =>
        {
            Interlocked.Increment(ref issuer._fetches);
            return issuer.IsAway ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable)
                : Results.Content($$"""{"keys":[{{issuer.PublicKeys()}}]}""", "application/json");
        });
        await app.StartAsync();
        return issuer;
    }

    /// <summary>A token that is right in every way, but for what a test changes.</summary>
    public string Token(Action<SecurityTokenDescriptor>? change = null, Action<IDictionary<string, object>>? claims = null)
    {
        var now = DateTime.UtcNow;
        var said = new Dictionary<string, object> { ["sub"] = "ann", ["groups"] = "ml-deployers", ["tenant"] = "default" };
        claims?.Invoke(said);
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Authority,
            Audience = "registry",
            IssuedAt = now,
            NotBefore = now.AddMinutes(-1),
            Expires = now.AddMinutes(10),
            Claims = said,
            SigningCredentials = new SigningCredentials(Rsa, SecurityAlgorithms.RsaSha256),
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    /// <summary>From here on tokens are signed with a new key, and the old one is no key of the issuer any more.</summary>
    public void Rotate()
    {
        _rsa.Dispose();
        _rsa = RSA.Create(2048);
        _rsaId = Guid.NewGuid().ToString("N");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
        _ecdsa.Dispose();
    }

    private string PublicKeys()
    {
        var rsa = _rsa.ExportParameters(includePrivateParameters: false);
        var ec = _ecdsa.ExportParameters(includePrivateParameters: false);
        return $$"""
            {"kty":"RSA","use":"sig","kid":"{{_rsaId}}","n":"{{Base64UrlEncoder.Encode(rsa.Modulus)}}","e":"{{Base64UrlEncoder.Encode(rsa.Exponent)}}"},
            {"kty":"EC","use":"sig","kid":"ec","crv":"P-256","x":"{{Base64UrlEncoder.Encode(ec.Q.X)}}","y":"{{Base64UrlEncoder.Encode(ec.Q.Y)}}"}
            """;
    }
}
