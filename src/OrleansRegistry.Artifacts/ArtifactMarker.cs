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
            var agreed = await access.FindAgreed(Setting, cancellationToken);
            if (agreed is not null && !IsThere)
            {
                return $"{directory} is not the directory of this deployment's artifacts: its file {FileName} is missing. Mount the directory, or restore it "
                    + $"from a backup. Where all artifacts are lost, make it anew: mkdir -p '{directory}' && echo {agreed} > '{_file}'";
            }

            if (!IsThere)
            {
                Make();
            }

            var found = (await File.ReadAllTextAsync(_file, cancellationToken)).Trim();
            return await access.Agree(Setting, found, cancellationToken) == found
                ? null
                : $"{directory} has the artifacts of another deployment: its file {FileName} says {found}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{directory} can't be used: {e.Message}";
        }
    }

    /// <summary>Makes the file whole or not at all; who comes second finds that of the first.</summary>
    private void Make()
    {
        PrivateDirectory.Create(directory);
        var id = Guid.NewGuid().ToString();
        var draft = $"{_file}.{id}";
        using (var stream = new FileStream(draft, FileMode.CreateNew))
        {
            stream.Write(System.Text.Encoding.ASCII.GetBytes(id + "\n"));
            stream.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, _file);
        }
        catch (IOException) when (IsThere)
        {
            File.Delete(draft);
        }

        Posix.Flush(directory);
    }
}
