using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OrleansRegistry.Gateway;

/// <summary>Tokens of an OpenID Connect issuer, beside keys.</summary>
internal static class IssuerTokens
{
    private const int MaxSubject = 200;
    private const string Subject = "sub";
    private const string Critical = "crit";
    private const string UnknownExtension = "The token needs an extension that is not known (crit).";

    // Asymmetric ones only: a token that is signed with the issuer's public key as if it were a shared secret must not
    // pass.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Says what of a token is checked.</summary>
    public static void Configure(JwtBearerOptions bearer, OidcOptions options, IssuerKeys keys)
    {
        bearer.ConfigurationManager = keys;
        bearer.RefreshOnIssuerKeyNotFound = false;
        bearer.Audience = options.Audience;
        bearer.MapInboundClaims = false;
        bearer.TokenValidationParameters.ValidAlgorithms = Algorithms;
        bearer.TokenValidationParameters.RequireExpirationTime = true;
        bearer.TokenValidationParameters.RequireSignedTokens = true;
        bearer.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
        bearer.Events = new JwtBearerEvents
        {
            OnMessageReceived = async context =>
            {
                try
                {
                    await Fetch(context.Request, keys);
                }
                catch (RequestRefusedException e)
                {
                    // Thrown from here, it would be logged with its stack, once for each request.
                    context.Principal = new ClaimsPrincipal(new RefusedIdentity(e.Error, JwtBearerDefaults.AuthenticationScheme));
                    context.Success();
                }
            },
            OnAuthenticationFailed = context =>
            {
                if (context.Exception is SecurityTokenException or ArgumentException or AggregateException)
                {
                    context.Fail(Describe(context.Exception, ApiKeyHandler.Shown(context.Request)));
                }

                return Task.CompletedTask;
            },
            OnTokenValidated = async context =>
            {
                if (NeedsMore((JsonWebToken)context.SecurityToken))
                {
                    context.Fail(UnknownExtension);
                    return;
                }

                var grains = context.HttpContext.RequestServices.GetRequiredService<IGrainFactory>();
                context.Principal = new ClaimsPrincipal(
                    await FindCaller((JsonWebToken)context.SecurityToken, options, grains) is var outcome && outcome.TryGet(out var caller, out var error)
                        ? new CallerIdentity(caller, JwtBearerDefaults.AuthenticationScheme)
                        : new RefusedIdentity(outcome.Error!, JwtBearerDefaults.AuthenticationScheme));
            },
        };
    }

    /// <summary>The claims of an ID token that the issuer has made for a client, checked like any token, or what is wrong with it.</summary>
    public static async Task<Outcome<JsonWebToken>> Check(string token, string clientId, JwtBearerOptions bearer, IssuerKeys keys, CancellationToken cancellationToken)
    {
        await (KeyIdOf(token) is { } keyId ? keys.Find(keyId, cancellationToken) : Task.CompletedTask);
        var issuer = await keys.GetConfigurationAsync(cancellationToken);
        var checks = bearer.TokenValidationParameters.Clone();
        (checks.ValidAudience, checks.ValidIssuer, checks.IssuerSigningKeys) = (clientId, issuer.Issuer, issuer.SigningKeys);
        var result = await new JsonWebTokenHandler { MapInboundClaims = false }.ValidateTokenAsync(token, checks);
        return !result.IsValid ? new RegistryError(ErrorCode.Unauthenticated, Describe(result.Exception, token))
            : NeedsMore((JsonWebToken)result.SecurityToken) ? new RegistryError(ErrorCode.Unauthenticated, UnknownExtension)
            : (JsonWebToken)result.SecurityToken;
    }

    /// <summary>The caller that a token's claims name, or which of them doesn't.</summary>
    internal static Outcome<RequestCaller> ToCaller(JsonWebToken token, OidcOptions options)
    {
        if (!IsSingle(token, Subject, out var subject) || subject is null)
        {
            return Refuse("The token must name one subject, as a text in the claim sub.");
        }

        if (subject.Length is 0 or > MaxSubject || !WellFormedText.IsName(subject))
        {
            return Refuse($"The token's subject must have 1 to {MaxSubject} characters; it {WellFormedText.NameRule}.");
        }

        var roles = token.Claims.Where(claim => claim.Type == options.RoleClaim).Select(claim => RoleOf(claim.Value, options)).OfType<Role>().ToList();
        if (roles.Count == 0)
        {
            return Refuse($"The token has no role in the claim {options.RoleClaim}.");
        }

        string? claimed = null;
        if (options.WorkspaceClaim is { } claim && !IsSingle(token, claim, out claimed))
        {
            return Refuse($"The token must name one workspace, as a text in the claim {claim}.");
        }

        return (claimed ?? options.Workspace) switch
        {
            null => Refuse($"The token has no workspace in the claim {options.WorkspaceClaim}."),
            var workspace when !CommandValidation.IsWorkspace(workspace) => NoWorkspace(),
            var workspace => new RequestCaller(workspace, "token:" + subject, roles.Max()) { ExpiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero) },
        };
    }

    /// <summary>The caller that a token's claims name, in a workspace that exists, or what of them is wrong.</summary>
    internal static async Task<Outcome<RequestCaller>> FindCaller(JsonWebToken token, OidcOptions options, IGrainFactory grains)
    {
        var outcome = ToCaller(token, options);
        return outcome.Value is { } caller && (await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(caller.Workspace)).Get()).Error is not null
            ? NoWorkspace()
            : outcome;
    }

    private static RegistryError NoWorkspace() => Refuse("The token's workspace does not exist.");

    private static RegistryError Refuse(string detail) => new(ErrorCode.Forbidden, detail);

    /// <summary>Whether a claim is left out, which answers null, or is one text.</summary>
    private static bool IsSingle(JsonWebToken token, string name, out string? text)
    {
        text = null;
        if (!token.TryGetPayloadValue<object>(name, out _))
        {
            return true;
        }

        var values = token.Claims.Where(claim => claim.Type == name).ToList();
        if (values is not [{ ValueType: ClaimValueTypes.String } value])
        {
            return false;
        }

        text = value.Value;
        return true;
    }

    /// <summary>Sees to it that the issuer's keys are there before a token is checked.</summary>
    private static async Task Fetch(HttpRequest request, IssuerKeys keys)
    {
        if (ApiKeyHandler.Shown(request) is { } token)
        {
            var cancelled = request.HttpContext.RequestAborted;
            await (KeyIdOf(token) is { } keyId ? keys.Find(keyId, cancelled) : Task.CompletedTask);
            await keys.GetConfigurationAsync(cancelled);
        }
    }

    /// <summary>Whoever knows none of the extensions that it names must refuse the token (RFC 7515, section 4.1.11).</summary>
    private static bool NeedsMore(JsonWebToken token) => token.TryGetHeaderValue<object>(Critical, out _);

    /// <summary>The key that a token says it is signed with, or null.</summary>
    private static string? KeyIdOf(string token)
    {
        try
        {
            return new JsonWebToken(token).Kid is { Length: > 0 } keyId ? keyId : null;
        }
        catch (ArgumentException)
        {
            // No token: the handler says so.
            return null;
        }
    }

    /// <summary>The problem of a token, without anything that it says.</summary>
    private static string Describe(Exception failure, string? token) => failure switch
    {
        SecurityTokenExpiredException => "The token has expired.",
        SecurityTokenNotYetValidException => "The token is not valid yet.",
        SecurityTokenNoExpirationException => "The token has no expiry (claim exp).",
        SecurityTokenInvalidAudienceException => "The token is for another audience.",
        SecurityTokenInvalidIssuerException => "The token is from another issuer.",
        SecurityTokenSignatureKeyNotFoundException => "The token is signed with a key that the issuer does not have.",
        SecurityTokenInvalidAlgorithmException => "The token is signed with an algorithm that is not accepted.",
        SecurityTokenInvalidSignatureException => "The token's signature is not the issuer's.",
        ArgumentException when HasOddSubject(token) => "The token must name one subject, as a text in the claim sub.",
        ArgumentException => "This is neither an API key nor a token that can be read.",
        _ => "The token is not valid.",
    };

    /// <summary>Whether what is shown is a token whose subject is no text: nothing of such a one can be read.</summary>
    private static bool HasOddSubject(string? token)
    {
        if (token?.Split('.') is not [_, { } payload, _])
        {
            return false;
        }

        try
        {
            using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(payload));
            return claims.RootElement is { ValueKind: JsonValueKind.Object } said
                && said.TryGetProperty(Subject, out var subject) && subject.ValueKind != JsonValueKind.String;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return false;
        }
    }

    private static Role? RoleOf(string value, OidcOptions options) =>
        options.Roles.Count > 0 ? options.Roles.TryGetValue(value, out var mapped) ? mapped : null
        : EnumNames<Role>.TryParse(value, out var named) ? named
        : null;
}
