namespace OrleansRegistry.Gateway;

/// <summary>On a route whose callers are known by another scheme than keys and tokens, and by that alone.</summary>
/// <param name="Name">The scheme.</param>
internal sealed record AuthenticationSchemeName(string Name);
