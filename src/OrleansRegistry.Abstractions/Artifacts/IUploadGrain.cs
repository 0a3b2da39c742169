using OrleansRegistry.Cluster;

namespace OrleansRegistry;

/// <summary>
/// The upload of a file to a workspace: who may write, and how many bytes are stored (rule F9). The bytes themselves go
/// from the gateway to the disk. Key: <see cref="GrainKeys.Upload"/>.
/// </summary>
[Alias("OrleansRegistry.IUploadGrain")]
internal interface IUploadGrain : IGrainWithStringKey, ILeasedGrain
{
    /// <summary>How long a writer that says nothing keeps others out.</summary>
    static readonly TimeSpan HoldDuration = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Lets a writer in, alone, until <see cref="Leave"/>, unless it would begin elsewhere than where the stored bytes
    /// end. It has to be heard of within each <see cref="HoldDuration"/>.
    /// </summary>
    [Alias("Begin")]
    Task<Outcome<UploadGrant>> Begin(BeginUpload request);

    /// <summary>Says how many bytes are stored safely. False when another one writes by now.</summary>
    [Alias("Advance")]
    Task<bool> Advance(Guid writer, long stored);

    /// <summary>Says that the file is there, whole and verified. False when another one writes by now.</summary>
    [Alias("Complete")]
    Task<bool> Complete(Guid writer);

    /// <summary>Says that the bytes are not those of the file, and are gone.</summary>
    [Alias("Drop")]
    Task Drop(Guid writer);

    /// <summary>The writer has ended.</summary>
    [Alias("Leave")]
    Task Leave(Guid writer);

    /// <summary>Takes the next step towards the file's collection, or away from it (rule F6).</summary>
    [Alias("Collect")]
    Task Collect();
}

/// <summary>Asks to write bytes of a file.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.BeginUpload")]
internal sealed record BeginUpload
{
    /// <summary>Drawn once for each request.</summary>
    [Id(0)]
    public required Guid Writer { get; init; }

    /// <summary>The first byte that would be written.</summary>
    [Id(1)]
    public required long Offset { get; init; }

    /// <summary>The file's length in bytes, or null for that of an upload that goes on.</summary>
    [Id(2)]
    public long? Length { get; init; }
}

/// <summary>How far an upload is, and what a writer is let in for.</summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.UploadGrant")]
internal sealed record UploadGrant
{
    /// <summary>The file's length in bytes.</summary>
    [Id(0)]
    public required long Length { get; init; }

    /// <summary>The bytes that are stored already.</summary>
    [Id(1)]
    public required long Stored { get; init; }

    /// <summary>Whether the file is there already.</summary>
    [Id(2)]
    public bool IsComplete { get; init; }
}
