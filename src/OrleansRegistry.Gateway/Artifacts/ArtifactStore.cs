using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Gateway;

/// <summary>What rows and files together say of artifacts.</summary>
internal sealed class ArtifactStore(IArtifactCatalog catalog, IArtifactFiles files)
{
    private const int MaxNamed = 100;

    /// <summary>Why there are no artifacts here, or null.</summary>
    public RegistryError? Refusal => files.OffReason is { } reason ? new RegistryError(ErrorCode.ArtifactsOff, $"This node keeps no artifacts: {reason}.") : null;

    /// <summary>The error of an artifact that isn't there.</summary>
    public static RegistryError NotFound(string digest) => new(ErrorCode.ArtifactNotFound, $"The workspace has no artifact '{digest}'.");

    /// <summary>Which files have to be uploaded. A file whose bytes were lost is one of them: uploading it makes it good.</summary>
    public async Task<MissingFiles> FindMissing(string workspace, IReadOnlyList<WantedFileRequest> wanted, CancellationToken cancellationToken)
    {
        string[] names = [.. wanted.Select(file => file.Sha256).Distinct(StringComparer.Ordinal)];
        var stored = (await catalog.FindStored(workspace, names, cancellationToken)).ToDictionary(file => file.Sha256);
        var missing = ImmutableArray.CreateBuilder<MissingFile>();
        foreach (var name in names)
        {
            if (stored.GetValueOrDefault(name) is not { } file)
            {
                missing.Add(new MissingFile(name, 0));
            }
            else if (!file.IsComplete)
            {
                missing.Add(new MissingFile(name, file.Stored));
            }
            else if (!await files.Has(workspace, name, file.Length))
            {
                missing.Add(new MissingFile(name, 0));
            }
            else if (file.MarkedAt is not null)
            {
                missing.Add(new MissingFile(name, file.Length));
            }
        }

        return new MissingFiles(missing.ToImmutable(), ArtifactLimits.PartBytes);
    }

    /// <summary>The error of a manifest with files whose bytes were lost, or null. Files that were never uploaded are the artifact's affair.</summary>
    public async Task<RegistryError?> FindLost(string workspace, ArtifactManifest manifest, CancellationToken cancellationToken)
    {
        string[] names = [.. manifest.Files.Select(file => file.Sha256).Distinct(StringComparer.Ordinal)];
        var lost = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in (await catalog.FindStored(workspace, names, cancellationToken)).Where(file => file.IsThere))
        {
            if (!await files.Has(workspace, file.Sha256, file.Length))
            {
                lost.Add(file.Sha256);
            }
        }

        return lost.Count == 0 ? null : new RegistryError(
            ErrorCode.FileMissing, string.Create(CultureInfo.InvariantCulture, $"The bytes of {lost.Count} files were lost; upload them again."))
        {
            Fields =
            [
                .. manifest.Files.Index().Where(file => lost.Contains(file.Item.Sha256)).Take(MaxNamed)
                    .Select(file => new FieldError(string.Create(CultureInfo.InvariantCulture, $"files[{file.Index}].sha256"), "was lost")),
            ],
        };
    }

    /// <summary>The answer that is a file of an artifact.</summary>
    public async Task<IResult> Download(string workspace, string digest, string path, CancellationToken cancellationToken)
    {
        if (ManifestRules.Digest(digest) is not null || ManifestRules.Path(path) is not null
            || await catalog.FindFile(workspace, digest, path, cancellationToken) is not { } file)
        {
            return new Refusal(await catalog.HasArtifact(workspace, digest, cancellationToken)
                ? new RegistryError(ErrorCode.ArtifactNotFound, $"Artifact {digest} has no such file.")
                : NotFound(digest));
        }

        if (Refusal is { } off)
        {
            return new Refusal(off);
        }

        return await files.OpenRead(workspace, file.Sha256) is { } bytes
            ? new FileDownload(file, bytes)
            : new Refusal(new RegistryError(ErrorCode.ArtifactNotFound, $"The bytes of file {file.Sha256} were lost; upload it again."));
    }
}
