using Microsoft.AspNetCore.Http;
using OrleansRegistry.Processes;

namespace OrleansRegistry.Gateway;

/// <summary>Where a call goes.</summary>
/// <param name="Version">The version that it was resolved to.</param>
/// <param name="Destination">The address of its server.</param>
internal sealed record Call(ResolvedVersion Version, Uri Destination)
{
    /// <summary>The process that it goes to, of a version that the registry runs; null for a server elsewhere.</summary>
    public IRunningProcess? Process { get; init; }

    /// <summary>Whether it uses the model, rather than asking about it.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>The part of the request's body that was seen before it was known where it goes, or null.</summary>
    public SeenBody? Seen { get; init; }

    /// <summary>What stands in front of an answer that becomes the last member of an object, or null: then it passes as it is.</summary>
    public byte[]? Frame { get; init; }

    /// <summary>Why the version isn't called, or null.</summary>
    public RegistryError? Refusal { get; init; }

    /// <summary>
    /// Writes the answer's body in place of the server's, or answers false to let it pass; null lets every answer pass.
    /// </summary>
    public Func<HttpContext, HttpResponseMessage, CancellationToken, Task<bool>>? Rewrite { get; init; }
}
