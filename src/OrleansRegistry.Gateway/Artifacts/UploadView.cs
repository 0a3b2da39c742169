namespace OrleansRegistry.Gateway;

/// <summary>How far an upload is.</summary>
/// <param name="Offset">The bytes that are stored: the next request begins here.</param>
/// <param name="Complete">Whether the file is there, whole and verified.</param>
internal sealed record UploadView(long Offset, bool Complete);
