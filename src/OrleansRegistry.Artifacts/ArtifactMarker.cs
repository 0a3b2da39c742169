namespace OrleansRegistry.Artifacts;

/// <summary>
/// The file that says which deployment a directory of artifacts belongs to. Without it, a node whose disk is not mounted
/// would begin with an empty directory.
/// </summary>
/// <param name="directory">The directory.</param>
internal sealed class ArtifactMarker(string directory)
{
    /// <summary>The setting that all nodes of a deployment agree on.</summary>
    private const string Setting = "artifacts";

    private const string FileName = "registry-artifacts";

    private readonly string _file = Path.Combine(directory, FileName);

    /// <summary>Whether the file is there.</summary>
    public bool IsThere => File.Exists(_file);

    /// <summary>Why the directory can't be used, or null. The first node makes it.</summary>
    public async Task<string?> Check(IAccessCatalog access, CancellationToken cancellationToken)
    {
        try
        {
            if (await access.FindAgreed(Setting, cancellationToken) is not { } agreed)
            {
                // The file is made after the database has its id, so one that is here may be of a node that was faster.
                agreed = IsThere ? await access.FindAgreed(Setting, cancellationToken) : await Agree(access, cancellationToken);
            }

            if (agreed is not null && !IsThere && !Make(agreed))
            {
                return $"{directory} is not the directory of this deployment's artifacts: its file {FileName} is missing. Mount the directory, or restore it "
                    + $"from a backup. Where all artifacts are lost, make it anew: mkdir -p '{directory}' && echo {agreed} > '{_file}'";
            }

            var found = (await File.ReadAllTextAsync(_file, cancellationToken)).Trim();
            return found == agreed
                ? null
                : $"{directory} has the artifacts of another deployment: its file {FileName} says {found}. Name another directory, or remove this one.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{directory} can't be used: {e.Message}";
        }
    }

    /// <summary>Agrees on an id; the file with it lies beside its place, whatever happens from now on.</summary>
    private async Task<string> Agree(IAccessCatalog access, CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid().ToString();
        Draft(id);
        var agreed = await access.Agree(Setting, id, cancellationToken);
        if (agreed != id)
        {
            File.Delete(DraftOf(id));
        }

        return agreed;
    }

    private void Draft(string id)
    {
        PrivateDirectory.Create(directory);
        using (var stream = PrivateFile.Open(DraftOf(id), FileMode.CreateNew, FileAccess.Write))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(id + "\n"));
            stream.Flush(flushToDisk: true);
        }

        Posix.Flush(directory);
    }

    /// <summary>Puts the file into its place, unless another node does; false when nobody can.</summary>
    private bool Make(string agreed)
    {
        try
        {
            File.Move(DraftOf(agreed), _file);
            Posix.Flush(directory);
            return true;
        }
        catch (IOException)
        {
            return IsThere;
        }
    }

    private string DraftOf(string id) => $"{_file}.{id}";
}
