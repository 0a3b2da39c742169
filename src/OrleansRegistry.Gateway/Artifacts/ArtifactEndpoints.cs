using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Gateway;

/// <summary>Artifacts: files that are served together.</summary>
internal static class ArtifactEndpoints
{
    private const string Artifacts = "artifacts";
    private const string Artifact = Artifacts + "/{digest}";

    private static readonly IReadOnlyList<RequestParameter> OfDownload = [FileDownload.Range, FileDownload.IfRange, CommonParameters.IfNoneMatch];

    private static readonly IReadOnlyList<string> DownloadErrors =
        [ErrorCode.ArtifactNotFound, ErrorCode.ArtifactsOff, ErrorCode.RangeNotSatisfiable, ErrorCode.StateCorrupt];

    private static readonly IReadOnlyList<string> BodyErrors =
        [ErrorCode.ArtifactsOff, ErrorCode.PayloadTooLarge, ErrorCode.UnsupportedMediaType];

    /// <summary>Maps the routes.</summary>
    public static void MapArtifacts(this IEndpointRouteBuilder routes)
    {
        var artifacts = routes.MapGroup("")
            .WithTags("Artifacts")
            .DescribePath(
                new PathParameter("sha256", "SHA-256 of the file, 64 lower-case hexadecimal digits."),
                new PathParameter("digest", "The artifact's digest."),
                new PathParameter("path", "The file's path in the artifact, each part URL-encoded."),
                PathParameter.Version);
        artifacts.MapPost(Artifacts + "/missing", FindMissingFiles)
            .WithName("find_missing_files")
            .RequirePermission(Permission.Deploy)
            .Uploads(ArtifactLimits.Manifest)
            .AcceptsParameters()
            .ProducesErrors(BodyErrors);
        artifacts.MapPatch(Artifacts + "/files/{sha256}", UploadFile)
            .WithName("upload_file")
            .RequirePermission(Permission.Deploy)
            .Uploads(ArtifactLimits.Part)
            .WithMetadata(RequestBodyMetadata.OfBytes)
            .AcceptsParameters(FileUpload.Offset, FileUpload.Length)
            .Produces<UploadView>()
            .ProducesErrors(
                [
                    .. BodyErrors, ErrorCode.OffsetMismatch, ErrorCode.UploadInProgress, ErrorCode.DigestMismatch, ErrorCode.QuotaExceeded,
                    ErrorCode.StorageFull,
                ]);
        artifacts.MapPost(Artifacts, CreateArtifact)
            .WithName("create_artifact")
            .RequirePermission(Permission.Deploy)
            .Uploads(ArtifactLimits.Manifest)
            .AcceptsParameters()
            .ProducesCreated<StoredArtifact>()
            .ProducesErrors([.. BodyErrors, ErrorCode.FileMissing, ErrorCode.StateCorrupt]);
        artifacts.MapGet(Artifact, GetArtifact)
            .WithName("get_artifact")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.ArtifactNotFound, ErrorCode.StateCorrupt);
        artifacts.MapGet(Artifact + "/files/{**path}", DownloadFile)
            .WithName("download_file")
            .RequirePermission(Permission.Deploy)
            .AcceptsParameters(OfDownload)
            .WithMetadata(FileDownload.Produced)
            .ProducesErrors(DownloadErrors);
        artifacts.MapGet(Routes.OfVersion("/artifact"), GetVersionArtifact)
            .WithName("get_version_artifact")
            .RequirePermission(Permission.Read)
            .AcceptsParameters(CommonParameters.IfNoneMatch)
            .ProducesErrors(ErrorCode.VersionNotFound, ErrorCode.ArtifactNotFound, ErrorCode.StateCorrupt);
        artifacts.MapGet(Routes.OfVersion("/artifact/{**path}"), DownloadVersionFile)
            .WithName("download_version_file")
            .RequirePermission(Permission.Deploy)
            .AcceptsParameters(OfDownload)
            .WithMetadata(FileDownload.Produced)
            .ProducesErrors([ErrorCode.VersionNotFound, .. DownloadErrors]);
    }

    /// <summary>Finds out which files have to be uploaded, and from which byte on.</summary>
    /// <remarks>A file counts as there only if the caller's own workspace has it.</remarks>
    public static async Task<Answer<MissingFiles>> FindMissingFiles(
        RequestBody<MissingFilesRequest> body, RequestCaller caller, ArtifactStore store, CancellationToken cancellationToken) =>
        store.Refusal is { } off ? off : await store.FindMissing(caller.Workspace, body.Value.Files, cancellationToken);

    /// <summary>Uploads bytes of a file, from an offset on.</summary>
    /// <remarks>The first request says the file's length. What was stored when a request broke off stays: the next one goes on there. The last
    /// byte makes the file, if all of them have the SHA-256 in the path.</remarks>
    public static Task<IResult> UploadFile(string sha256, RequestCaller caller, HttpContext context, FileUpload upload) =>
        upload.Receive(caller, sha256, context);

    /// <summary>Makes an artifact of files that were uploaded.</summary>
    /// <remarks>The same files, format and requirements are the same artifact: then nothing is made, and the answer is 200.</remarks>
    public static async Task<Answer<StoredArtifact>> CreateArtifact(
        CommandReceipt receipt,
        RequestBody<CreateArtifactRequest> body,
        RequestCaller caller,
        ArtifactStore store,
        IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var manifest = body.Value.ToManifest();
        if ((store.Refusal ?? await store.FindLost(caller.Workspace, manifest, cancellationToken)) is { } refusal)
        {
            return refusal;
        }

        var digest = ArtifactDigest.Of(manifest);
        var outcome = await grains.GetGrain<IArtifactGrain>(GrainKeys.OfArtifact(caller.Workspace, digest))
            .Create(new CreateArtifactCommand { Context = receipt.By(caller, body.Value), Manifest = manifest });
        return outcome.TryGet(out var made, out var error)
            ? Answer<StoredArtifact>.Of(made.Artifact, location: made.IsNew ? $"/v1/{Artifacts}/{digest}" : null)
            : error;
    }

    /// <summary>Reads an artifact: its files, and what it requires.</summary>
    public static async Task<Answer<StoredArtifact>> GetArtifact(
        string digest, RequestCaller caller, IArtifactCatalog catalog, CancellationToken cancellationToken) =>
        ManifestRules.Digest(digest) is null && await catalog.FindArtifact(caller.Workspace, digest, cancellationToken) is { } artifact
            ? Answer<StoredArtifact>.Of(artifact, TagOf(digest))
            : ArtifactStore.NotFound(digest);

    /// <summary>Downloads a file of an artifact, or a range of it.</summary>
    public static Task<IResult> DownloadFile(
        string digest, RequestCaller caller, HttpContext context, ArtifactStore store, CancellationToken cancellationToken) =>
        store.Download(caller.Workspace, digest, FilePath.Of(context.Request), cancellationToken);

    /// <summary>Reads the artifact that a version was deployed with.</summary>
    public static async Task<Answer<StoredArtifact>> GetVersionArtifact(
        VersionId id, RequestCaller caller, IRegistryCatalog versions, IArtifactCatalog catalog, CancellationToken cancellationToken) =>
        (await FindDigest(id, caller, versions, cancellationToken)).TryGet(out var digest, out var error)
            ? await GetArtifact(digest, caller, catalog, cancellationToken)
            : error;

    /// <summary>Downloads a file of the artifact that a version was deployed with, or a range of it.</summary>
    public static async Task<IResult> DownloadVersionFile(
        VersionId id, RequestCaller caller, HttpContext context, IRegistryCatalog versions, ArtifactStore store, CancellationToken cancellationToken) =>
        (await FindDigest(id, caller, versions, cancellationToken)).TryGet(out var digest, out var error)
            ? await store.Download(caller.Workspace, digest, FilePath.Of(context.Request), cancellationToken)
            : new Refusal(error);

    private static async Task<Outcome<string>> FindDigest(
        VersionId id, RequestCaller caller, IRegistryCatalog versions, CancellationToken cancellationToken) =>
        await versions.FindVersion(caller.Workspace, id, cancellationToken) is not { } version ? VersionResolver.NotFound(id.ToString())
        : version.Artifact?.Digest is { } digest ? digest
        : new RegistryError(ErrorCode.ArtifactNotFound, $"Version {id} was deployed without files of its own.");

    private static string TagOf(string digest) => $"\"{digest}\"";
}
