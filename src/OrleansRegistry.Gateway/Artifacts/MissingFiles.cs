using System.Collections.Immutable;

namespace OrleansRegistry.Gateway;

/// <summary>The files that have to be uploaded.</summary>
/// <param name="Missing">Each of them once.</param>
/// <param name="PartSize">As many bytes as a request should bring, unless it is the last one of a file.</param>
internal sealed record MissingFiles(ImmutableArray<MissingFile> Missing, int PartSize);

/// <summary>A file that has to be uploaded.</summary>
/// <param name="Sha256">Its SHA-256.</param>
/// <param name="Offset">The first byte that is missing. A request without bytes is needed even where none is.</param>
internal sealed record MissingFile(string Sha256, long Offset);
