using System.Collections.Immutable;
using System.Reflection;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Access;

namespace OrleansRegistry.Gateway;

/// <summary>Who sends a request, what they may do, and which workspace they act in: as their key or token says, never the request itself.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Actor">The caller, as events and views name it: <c>key:{prefix}</c> or <c>token:{subject}</c>.</param>
/// <param name="Role">What they may do.</param>
internal sealed record RequestCaller(string Workspace, string Actor, Role Role) : IBindableFromHttpContext<RequestCaller>
{
    /// <summary>The caller among all workspaces: what limits count by.</summary>
    internal string Name { get; } = Workspace + "/" + Actor;

    /// <summary>The name of their key, or null for a token.</summary>
    internal string? KeyName { get; init; }

    /// <summary>The only models they may call, by id; empty for all.</summary>
    public ImmutableArray<string> ModelIds { get; init; } = [];

    /// <summary>The hash of the key that was shown, or null for a token.</summary>
    internal ApiKeyProof? Proof { get; init; }

    /// <summary>From when on the token is not valid any more, or null for a key, of which its grain knows.</summary>
    internal DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The caller of a request that has been authenticated; routes that need none have none.</summary>
    public static ValueTask<RequestCaller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(Of(context));

    /// <summary>What besides the key or the token must still hold, or null.</summary>
    internal ICallerStanding? Standing { get; init; }

    internal static RequestCaller? Of(HttpContext context) => (context.User.Identity as CallerIdentity)?.Caller;
}

/// <summary>What a caller is let in by, beside their key or token.</summary>
internal interface ICallerStanding
{
    /// <summary>Whether it still holds.</summary>
    ValueTask<bool> IsValid();
}

/// <summary>A caller as ASP.NET's authentication carries it.</summary>
internal sealed class CallerIdentity(RequestCaller caller, string scheme) : ClaimsIdentity(scheme)
{
    public RequestCaller Caller => caller;

    public override string Name => caller.Actor;
}

/// <summary>Whoever shows a token that doesn't say what a caller is, or that can't be checked now.</summary>
internal sealed class RefusedIdentity(RegistryError error, string scheme) : ClaimsIdentity(scheme)
{
    /// <summary>Why nobody may act with it.</summary>
    public RegistryError Error => error;
}
