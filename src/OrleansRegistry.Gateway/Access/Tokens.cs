using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace OrleansRegistry.Gateway;

/// <summary>Tokens of an OpenID Connect issuer, beside keys.</summary>
internal static class Tokens
{
    private const int MaxSubject = 200;

    // Asymmetric ones only: a token that is signed with the issuer's public key as if it were a shared secret must not pass.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Says what of a token is checked.</summary>
    public static void Configure(JwtBearerOptions bearer, OidcOptions options)
    {
        bearer.Authority = options.Authority;
        bearer.Audience = options.Audience;
        bearer.MapInboundClaims = false;
        bearer.BackchannelTimeout = TimeSpan.FromSeconds(5);
        bearer.RequireHttpsMetadata = !new Uri(options.Authority).IsLoopback;
        bearer.TokenValidationParameters.ValidAlgorithms = Algorithms;
        bearer.TokenValidationParameters.RequireExpirationTime = true;
        bearer.TokenValidationParameters.RequireSignedTokens = true;
        bearer.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
        bearer.Events = new JwtBearerEvents
        {
            // What is wrong with a token is the caller's affair; that the issuer was never there to be asked for its keys is not.
            OnAuthenticationFailed = async context =>
            {
                try
                {
                    await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
                }
                catch (InvalidOperationException e)
                {
                    throw new RegistryUnavailableException("The issuer of tokens can't be asked for its keys.", e);
                }
            },
            OnTokenValidated = async context =>
            {
                var grains = context.HttpContext.RequestServices.GetRequiredService<IGrainFactory>();
                if (ToCaller(context.Principal!, options, context.SecurityToken.ValidTo) is { } caller
                    && (await grains.GetGrain<IWorkspaceGrain>(GrainKeys.Workspace(caller.Workspace)).Get()).Error is null)
                {
                    context.Principal = new ClaimsPrincipal(new CallerIdentity(caller, JwtBearerDefaults.AuthenticationScheme));
                }
                else
                {
                    context.Fail("The token names no subject, no role, or no workspace that is there.");
                }
            },
        };
    }

    /// <summary>The caller that a token's claims name, or null when they don't.</summary>
    internal static RequestCaller? ToCaller(ClaimsPrincipal principal, OidcOptions options, DateTime validTo)
    {
        var roles = principal.FindAll(options.RoleClaim).Select(claim => RoleOf(claim.Value, options)).OfType<Role>().ToList();
        var workspace = options.WorkspaceClaim is { } claimed ? principal.FindFirst(claimed)?.Value ?? options.Workspace : options.Workspace;
        return roles.Count > 0 && workspace is not null && CommandValidation.IsWorkspace(workspace)
            && principal.FindFirst("sub")?.Value is { Length: > 0 and <= MaxSubject } subject && WellFormedText.IsWellFormed(subject)
            ? new RequestCaller(workspace, "token:" + subject, roles.Max()) { ExpiresAt = new DateTimeOffset(validTo, TimeSpan.Zero) }
            : null;
    }

    private static Role? RoleOf(string value, OidcOptions options) =>
        options.Roles.Count > 0 ? options.Roles.TryGetValue(value, out var mapped) ? mapped : null
        : EnumNames<Role>.TryParse(value, out var named) ? named
        : null;
}
