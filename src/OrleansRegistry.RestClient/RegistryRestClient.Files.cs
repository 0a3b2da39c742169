using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace OrleansRegistry.RestClient;

/// <content>Files of artifacts: uploads and downloads that go on where they broke off (rule C5).</content>
public sealed partial class RegistryRestClient
{
    private const int MaxFilesAtOnce = 10_000;
    private const int MaxFruitless = 5;
    private const long RangeSize = 64 * 1024 * 1024;

    // Longer than a writer that is lost keeps others out.
    private static readonly TimeSpan MaxBusy = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Uploads the files of a model that the workspace lacks, and makes the artifact. When the connection breaks, or the
    /// program is run again, the upload goes on where it was.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <param name="comment">Why, in your own words. The event of the artifact keeps it.</param>
    /// <param name="progress">Told of the bytes that are there.</param>
    /// <param name="cancellationToken">Ends the upload; what is stored stays.</param>
    public async Task<StoredArtifact> UploadArtifact(
        ModelFiles files,
        string? comment = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var body = new CreateArtifactRequest
        {
            Format = files.Format,
            Files = [.. files.Files.Select(file => new FileSpec { Path = file.Path, Sha256 = file.Sha256, Size = file.Size })],
        };
        if (files.Requires() is { } requires)
        {
            body.Requires = requires;
        }

        if (comment is not null)
        {
            body.Comment = comment;
        }

        // Asked for before the first byte: a manifest that can't be taken is refused at once (rule C6).
        if (await TryCreate(body, files, cancellationToken) is { } artifact)
        {
            progress?.Report(new TransferProgress(files.Size, files.Size));
            return artifact;
        }

        var bySha256 = files.Files.DistinctBy(file => file.Sha256).ToDictionary(file => file.Sha256);
        var (missing, partSize) = await Missing([.. bySha256.Values], cancellationToken);
        var done = files.Size - missing.Sum(file => bySha256[file.Sha256].Size - file.Offset);
        progress?.Report(new TransferProgress(done, files.Size));
        foreach (var file in missing)
        {
            await Send(bySha256[file.Sha256], file.Offset, partSize, Told, cancellationToken);
        }

        return await CreateArtifact(body, cancellationToken);

        void Told(long count)
        {
            done += count;
            progress?.Report(new TransferProgress(done, files.Size));
        }
    }

    /// <summary>
    /// Uploads bytes of a file, from an offset on. It is sent once: when the connection breaks, ask
    /// <see cref="FindMissingFiles"/> where the upload is.
    /// </summary>
    /// <param name="sha256">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="offset">The first of them, as a byte of the file.</param>
    /// <param name="length">The length of the file in bytes; with its first bytes.</param>
    /// <param name="cancellationToken">Ends the operation; what is stored stays.</param>
    public Task<Upload> UploadFile(
        string sha256, CallContent content, long offset = 0, long? length = null, CancellationToken cancellationToken = default) =>
        Send(
            new RegistryRequest(Operations.UploadFile, ("sha256", sha256)) { Content = content, IsRepeatable = false }
                .AddHeader("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture))
                .AddHeader("Upload-Length", length?.ToString(CultureInfo.InvariantCulture)),
            static raw => new Upload(raw),
            cancellationToken);

    /// <summary>Downloads a file of an artifact.</summary>
    /// <param name="digest">The artifact's digest.</param>
    /// <param name="path">The file's path in the artifact.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<PredictionStream> DownloadFile(string digest, string path, CancellationToken cancellationToken = default) =>
        _transport.Read(
            new RegistryRequest(Operations.DownloadFile, ("digest", digest), ("path", path)),
            static reply => Task.FromResult(new PredictionStream(reply)),
            cancellationToken);

    /// <summary>Downloads a file of the artifact that a version was deployed with.</summary>
    /// <param name="id">The version's id.</param>
    /// <param name="path">The file's path in the artifact.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    public Task<PredictionStream> DownloadVersionFile(string id, string path, CancellationToken cancellationToken = default) =>
        _transport.Read(
            new RegistryRequest(Operations.DownloadVersionFile, ("id", id), ("path", path)),
            static reply => Task.FromResult(new PredictionStream(reply)),
            cancellationToken);

    /// <summary>Asks whether an environment fits what the files need, before they are uploaded (rule C6).</summary>
    /// <param name="files">The files.</param>
    /// <param name="environment">The only environment to look at; null for any.</param>
    /// <param name="instanceType">The instance type to run on; null for the default.</param>
    /// <param name="cancellationToken">Ends the operation.</param>
    /// <exception cref="NoEnvironmentException">None fits; the detail says what each of them lacks.</exception>
    public async Task CheckEnvironment(
        ModelFiles files,
        string? environment = null,
        string? instanceType = null,
        CancellationToken cancellationToken = default)
    {
        var body = new MatchEnvironmentsRequest { Format = files.Format };
        if (files.Requires() is { } requires)
        {
            body.Requires = requires;
        }

        if (instanceType is not null)
        {
            body.InstanceType = instanceType;
        }

        var match = await MatchEnvironments(body, cancellationToken);
        var lookedAt = match.Environments.Where(found => environment is null || found.Name == environment).ToList();
        if (!lookedAt.Exists(found => found.Fits))
        {
            var name = environment is null ? "No environment fits" : $"The environment {environment} does not fit";
            var said = string.Join("; ", lookedAt.Select(found => $"{found.Name}: {found.Off ?? Lacks(found)}"));
            throw Refusals.ToException(new Refusal
            {
                Code = "no_environment",
                Status = (int)HttpStatusCode.Conflict,
                Detail = $"{name}: {match.Off ?? (said.Length > 0 ? said : "there is none")}.",
                Raw = match.Raw,
            });
        }
    }

    /// <summary>
    /// Downloads the files of an artifact into a folder. Files that are there already stay. A download that broke off
    /// goes on where it was: what there is of a file is in <c>{file}.part</c>.
    /// </summary>
    /// <param name="artifact">The artifact.</param>
    /// <param name="directory">The folder. It is made when it is missing.</param>
    /// <param name="progress">Told of the bytes that are there.</param>
    /// <param name="cancellationToken">Ends the download; what is there stays.</param>
    /// <exception cref="InvalidAnswerException">A path leads out of the folder, or the bytes are not the file's.</exception>
    public async Task DownloadArtifact(
        StoredArtifact artifact,
        string directory,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var (done, total) = (0L, artifact.Files.Sum(file => file.Size));
        foreach (var file in artifact.Files)
        {
            var target = Target(directory, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (File.Exists(target) && new FileInfo(target).Length == file.Size && await Hash(target, cancellationToken) == file.Sha256)
            {
                Told(file.Size);
            }
            else
            {
                await Receive(artifact.Digest, file, target, Told, cancellationToken);
            }
        }

        void Told(long count)
        {
            done += count;
            progress?.Report(new TransferProgress(done, total));
        }
    }

    /// <summary>Makes an artifact; null when files of it are missing.</summary>
    private async Task<StoredArtifact?> TryCreate(
        CreateArtifactRequest body, ModelFiles files, CancellationToken cancellationToken)
    {
        try
        {
            return await CreateArtifact(body, cancellationToken);
        }
        catch (RegistryException e) when (Cause(e) is FileMissingException)
        {
            return null;
        }
        catch (RegistryException e) when (Cause(e) is ValidationFailedException)
        {
            throw Refusals.ToException(Named(Cause(e).Refusal, files));
        }
    }

    /// <summary>Why an artifact was refused. Whether a lost request has made it doesn't matter: it is made once.</summary>
    private static RegistryException Cause(RegistryException error) =>
        error is OutcomeUnknownException { InnerException: RegistryException cause } ? cause : error;

    /// <summary>A refusal with the names of files: the registry counts them.</summary>
    private static Refusal Named(Refusal refused, ModelFiles files)
    {
        string NameIn(Match match) =>
            int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var place)
                && place < files.Files.Count
                ? $"The path \"{files.Files[place].Path}\""
                : match.Value;

        return refused with
        {
            Detail = PathField().Replace(refused.Detail, NameIn),
            Errors = refused.Errors.ToDictionary(
                error => error.Key,
                error => PathField().Match(error.Key) is { Success: true } match
                    ? [.. error.Value.Select(message => $"{NameIn(match)} {message}")]
                    : error.Value),
        };
    }

    [GeneratedRegex(@"files\[([0-9]+)\]\.path")]
    private static partial Regex PathField();

    /// <summary>The files that are missing, each with the first byte that is, and the size of a part.</summary>
    private async Task<(List<MissingFile> Missing, int PartSize)> Missing(
        IReadOnlyList<ModelFile> files, CancellationToken cancellationToken)
    {
        List<MissingFile> missing = [];
        var partSize = 0L;
        foreach (var some in files.Chunk(MaxFilesAtOnce))
        {
            var body = new MissingFilesRequest
            {
                Files = [.. some.Select(file => new WantedFileSpec { Sha256 = file.Sha256, Size = file.Size })],
            };
            var answer = await FindMissingFiles(body, cancellationToken);
            missing.AddRange(answer.Missing);
            partSize = answer.PartSize;
        }

        return (missing, (int)partSize);
    }

    /// <summary>Sends a file from an offset on, part by part. Of a part that got lost only what is not stored is sent again.</summary>
    private async Task Send(
        ModelFile file, long offset, int partSize, Action<long> told, CancellationToken cancellationToken)
    {
        await using var source = File.OpenRead(file.Source);
        var part = new byte[Math.Min(partSize, file.Size)];
        var (fruitless, busySince) = (0, (long?)null);
        for (var isComplete = false; !isComplete;)
        {
            source.Position = offset;
            var count = await source.ReadAtLeastAsync(part, part.Length, throwOnEndOfStream: false, cancellationToken);
            long stored;
            try
            {
                var content = new CallContent(part.AsMemory(0, count));
                var answer = await UploadFile(file.Sha256, content, offset, file.Size, cancellationToken);
                (stored, isComplete, fruitless, busySince) = (answer.Offset, answer.Complete, 0, null);
            }
            catch (UploadInProgressException) when (_transport.Clock.GetElapsedTime(busySince ??= _transport.Clock.GetTimestamp()) < MaxBusy)
            {
                // Another one uploads the file, or the request before this one still does.
                await _transport.Wait(PollInterval, cancellationToken);
                (stored, isComplete) = await Stored(file, cancellationToken);
            }
            catch (RegistryException e) when (++fruitless <= MaxFruitless && (e.IsRetryable || e is OffsetMismatchException or OutcomeUnknownException))
            {
                (stored, isComplete) = await Stored(file, cancellationToken);
            }

            told(stored - offset);
            offset = stored;
        }
    }

    private static string Lacks(EnvironmentFit environment) => string.Join(
        ", ", environment.Differences.Select(part => $"{part.Name} {part.Needs} is needed, and {part.Has ?? "none"} is there"));

    private async Task<(long Offset, bool IsComplete)> Stored(ModelFile file, CancellationToken cancellationToken) =>
        (await Missing([file], cancellationToken)).Missing is [var left] ? (left.Offset, false) : (file.Size, true);

    /// <summary>Downloads a file into a part beside it, range by range, and renames it once its digest is right.</summary>
    private async Task Receive(
        string digest, ArtifactFile file, string target, Action<long> told, CancellationToken cancellationToken)
    {
        var part = $"{target}.part";
        await using (var stream = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write))
        {
            if (stream.Length > file.Size)
            {
                stream.SetLength(0);
            }

            told(stream.Seek(0, SeekOrigin.End));
            while (stream.Position < file.Size)
            {
                await Range(digest, file, stream, told, cancellationToken);
            }
        }

        if (await Hash(part, cancellationToken) != file.Sha256)
        {
            File.Delete(part);
            throw new InvalidAnswerException($"The bytes of {file.Path} have another digest.");
        }

        File.Move(part, target, overwrite: true);
    }

    private async Task Range(
        string digest, ArtifactFile file, FileStream stream, Action<long> told, CancellationToken cancellationToken)
    {
        var offset = stream.Position;
        var last = Math.Min(offset + RangeSize, file.Size) - 1;
        var request = new RegistryRequest(Operations.DownloadFile, ("digest", digest), ("path", file.Path))
            .AddHeader("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={offset}-{last}"))
            .AddHeader("If-Range", $"\"{file.Sha256}\"");
        await _transport.Read(
            request,
            async reply =>
            {
                await using (reply)
                {
                    if (reply.Status != (int)HttpStatusCode.PartialContent)
                    {
                        throw new InvalidAnswerException($"A range was answered with status {reply.Status}.", reply.Status);
                    }

                    // When the same range is asked for once more, it begins where it began.
                    told(offset - stream.Position);
                    stream.SetLength(offset);
                    stream.Position = offset;
                    var buffer = new byte[128 * 1024];
                    while (await reply.ReadAsync(buffer, cancellationToken) is > 0 and var count)
                    {
                        await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                        told(count);
                    }

                    return offset;
                }
            },
            cancellationToken);
    }

    private static async Task<string> Hash(string path, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    /// <summary>Where a file goes. The registry has no paths that lead elsewhere, but this may not be the registry.</summary>
    private static string Target(string directory, string path) =>
        path.Split('/').Any(part => part is "" or "." or ".." || part.Contains('\\', StringComparison.Ordinal) || part.AsSpan(1).StartsWith(":"))
            ? throw new InvalidAnswerException($"The path \"{path}\" of a file leads elsewhere.")
            : Path.Combine([directory, .. path.Split('/')]);
}
