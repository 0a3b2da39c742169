namespace OrleansRegistry.RestClient;

/// <summary>A file on this machine that becomes part of an artifact.</summary>
/// <param name="Source">Where it is.</param>
/// <param name="Path">Its path in the artifact.</param>
/// <param name="Sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record ModelFile(string Source, string Path, string Sha256, long Size);
