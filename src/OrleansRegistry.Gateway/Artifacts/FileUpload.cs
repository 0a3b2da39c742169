using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Gateway;

/// <summary>
/// Takes the bytes of a file from a request to the disk (rules F1, F2 and F9). The file's grain lets one request write at
/// a time, and is told how many bytes are stored safely: there the next request goes on, whatever becomes of this one.
/// </summary>
internal sealed class FileUpload(IGrainFactory grains, IArtifactFiles files, ArtifactStore store, TimeProvider clock)
{
    /// <summary>Well within the time in which a writer has to be heard of.</summary>
    private static readonly TimeSpan MaxSilence = IUploadGrain.HoldDuration / 3;

    /// <summary>Where the bytes go.</summary>
    public static RequestParameter Offset { get; } =
        Required(RequestParameter.Number("Upload-Offset", "The first byte of the body, as a byte of the file; required.", 0, ManifestRules.MaxSize));

    /// <summary>How long the file is.</summary>
    public static RequestParameter Length { get; } =
        Required(RequestParameter.Number("Upload-Length", "The length of the file in bytes; with its first bytes.", 0, ManifestRules.MaxSize));

    /// <summary>Receives the body of a request.</summary>
    public async Task<IResult> Receive(RequestCaller caller, string sha256, HttpContext context)
    {
        var (offset, length) = (Value(Offset, context.Request), Value(Length, context.Request));
        if (Refuse(sha256, offset, length, context.Request) is { } refusal)
        {
            return new Refusal(refusal);
        }

        var writer = Guid.NewGuid();
        var grain = grains.GetGrain<IUploadGrain>(GrainKeys.Upload(caller.Workspace, sha256));
        if (!(await grain.Begin(new BeginUpload { Writer = writer, Offset = offset!.Value, Length = length })).TryGet(out var grant, out var error))
        {
            return new Refusal(error);
        }

        try
        {
            return await Receive(new Target(caller.Workspace, sha256, offset.Value, length, writer, grain), grant, context);
        }
        catch (ArtifactsFullException e)
        {
            return new Refusal(new RegistryError(ErrorCode.StorageFull, e.Message));
        }
        finally
        {
            await grain.Leave(writer);
        }
    }

    private static RequestParameter Required(RequestParameter number) =>
        RequestParameter.Header(number.Name, number.Description, problem: number.Problem) with { Type = number.Type };

    private static long? Value(RequestParameter parameter, HttpRequest request) =>
        parameter.ValueIn(request) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Why a request is refused before anybody is asked, or null.</summary>
    private RegistryError? Refuse(string sha256, long? offset, long? length, HttpRequest request)
    {
        if (ContentCoding.Refusal(request) is { } encoded)
        {
            return encoded;
        }

        if (ManifestRules.Digest(sha256) is { } problem)
        {
            return RegistryError.Invalid("sha256", problem);
        }

        if (offset is null)
        {
            return RegistryError.Invalid(Offset.Name, "is required");
        }

        if (length is { } whole && offset + (request.ContentLength ?? 0) > whole)
        {
            return RegistryError.Invalid("body", "goes beyond Upload-Length");
        }

        return store.Refusal ?? (files.HasRoomFor(request.ContentLength ?? 0) ? null : Full());
    }

    private async Task<IResult> Receive(Target target, UploadGrant grant, HttpContext context)
    {
        if (!grant.IsComplete && grant.Stored != target.Offset)
        {
            return Mismatch(context, target, grant.Stored);
        }

        if (target.Length is { } said && said != grant.Length)
        {
            return new Refusal(RegistryError.Invalid(
                Length.Name, string.Create(CultureInfo.InvariantCulture, $"must be {grant.Length}, as it was with the first bytes of the file")));
        }

        if (grant.IsComplete && await files.Has(target.Workspace, target.Sha256, grant.Length))
        {
            return Answer(context, grant.Length, isComplete: true);
        }

        if (await files.Has(target.Workspace, target.Sha256, grant.Length))
        {
            // The process ended after the file was made, and before that was noted.
            return await Complete(target, grant.Length, context);
        }

        await using var part = await files.OpenPart(target.Workspace, target.Sha256);
        if (part is null)
        {
            return new Refusal(InProgress(target));
        }

        // What the disk has is what counts: a file or a part may be lost.
        var stored = grant.IsComplete ? 0 : Math.Min(grant.Stored, part.Length);
        if (stored != target.Offset)
        {
            await target.Grain.Advance(target.Writer, stored);
            return Mismatch(context, target, stored);
        }

        part.Truncate(stored);
        return await Receive(target, part, grant.Length, context);
    }

    private async Task<IResult> Receive(Target target, IArtifactPart part, long length, HttpContext context)
    {
        if (await Copy(context, target, part, length) is { } error)
        {
            return new Refusal(error);
        }

        if (part.Length < length)
        {
            return Answer(context, part.Length, isComplete: false);
        }

        if (!await part.Commit(() => target.Grain.Advance(target.Writer, length), context.RequestAborted))
        {
            await target.Grain.Drop(target.Writer);
            return new Refusal(new RegistryError(
                ErrorCode.DigestMismatch, $"The bytes that were uploaded are not those of file {target.Sha256}. They are gone: begin again."));
        }

        return await Complete(target, length, context);
    }

    /// <summary>
    /// Stores the body, some megabytes at a time, and what there is of it when it breaks off. Answers the error that keeps the rest from being stored.
    /// </summary>
    private async Task<RegistryError?> Copy(HttpContext context, Target target, IArtifactPart part, long length)
    {
        var body = context.Request.BodyReader;
        var (noted, heardAt) = (target.Offset, clock.GetTimestamp());
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(context.RequestAborted);
                var bytes = read.Buffer;
                try
                {
                    if (part.Length + bytes.Length > length)
                    {
                        part.Truncate(noted);
                        return RegistryError.Invalid("body", "goes beyond Upload-Length");
                    }

                    await part.Append(bytes, CancellationToken.None);
                }
                finally
                {
                    // Also where it is refused: the server reads the rest, so that the connection can go on.
                    body.AdvanceTo(bytes.End);
                }

                if (read.IsCompleted)
                {
                    break;
                }

                if (part.Length - noted >= ArtifactLimits.PartBytes || clock.GetElapsedTime(heardAt) > MaxSilence)
                {
                    if (!files.HasRoomFor(0))
                    {
                        await Note();
                        return Full();
                    }

                    if (!await Note())
                    {
                        return InProgress(target);
                    }
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && e is not ArtifactsFullException)
        {
            await Note();
            // A caller who has gone is no failure.
            context.RequestAborted.ThrowIfCancellationRequested();
            throw;
        }

        return await Note() ? null : InProgress(target);

        async Task<bool> Note()
        {
            await part.Flush();
            (noted, heardAt) = (part.Length, clock.GetTimestamp());
            return await target.Grain.Advance(target.Writer, noted);
        }
    }

    private static async Task<IResult> Complete(Target target, long length, HttpContext context) =>
        await target.Grain.Complete(target.Writer) ? Answer(context, length, isComplete: true)
        : new Refusal(InProgress(target));

    private static Answer<UploadView> Answer(HttpContext context, long offset, bool isComplete)
    {
        SetOffset(context, offset);
        return Answer<UploadView>.Of(new UploadView(offset, isComplete));
    }

    private static Refusal Mismatch(HttpContext context, Target target, long stored)
    {
        SetOffset(context, stored);
        return new Refusal(new RegistryError(
            ErrorCode.OffsetMismatch, string.Create(CultureInfo.InvariantCulture, $"The upload of file {target.Sha256} is at offset {stored}.")));
    }

    private static void SetOffset(HttpContext context, long offset) =>
        context.Response.Headers[Offset.Name] = offset.ToString(CultureInfo.InvariantCulture);

    private static RegistryError InProgress(Target target) => new(ErrorCode.UploadInProgress, $"Another request is writing file {target.Sha256}.");

    private static RegistryError Full() => new(ErrorCode.StorageFull, "The disk of the artifacts has as much free space as is to stay free (Registry:MinFreeBytes).");

    private sealed record Target(string Workspace, string Sha256, long Offset, long? Length, Guid Writer, IUploadGrain Grain);
}
