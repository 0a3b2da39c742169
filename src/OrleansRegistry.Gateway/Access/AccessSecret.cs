using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The secret of the deployment. Keys are stored as hashes under it, so that rows alone don't help to guess one; page tokens are signed with
/// it. It stands in the settings, or in the file <c>secret</c> of the data directory, which is made at the first start.
/// </summary>
public sealed class AccessSecret
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "secret";

    private readonly byte[] _forKeys;
    private readonly byte[] _forTokens;

    /// <summary>Derives what is needed from the secret of the settings or of the directory.</summary>
    /// <exception cref="IOException">The file can't be read or made.</exception>
    public AccessSecret(AccessOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var secret = options.Secret is { } given ? given.ToArray() : FromFile(options.Directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, AccessOptions.MinSecretBytes);
        _forKeys = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "api keys"u8.ToArray());
        _forTokens = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "page tokens"u8.ToArray());
        Fingerprint = Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, outputLength: 16, info: "fingerprint"u8.ToArray()));
    }

    /// <summary>Tells one secret from another, and nothing else about it.</summary>
    internal string Fingerprint { get; }

    /// <summary>What of a key is stored and compared.</summary>
    internal ImmutableArray<byte> HashKey(string key) => [.. HMACSHA256.HashData(_forKeys, Encoding.ASCII.GetBytes(key))];

    /// <summary>The signature of a page token.</summary>
    internal byte[] SignToken(byte[] token) => HMACSHA256.HashData(_forTokens, token)[..16];

    private static byte[] FromFile(string directory)
    {
        var file = Path.Combine(directory, FileName);
        var text = PrivateFile.ReadOrCreate(file, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(AccessOptions.MinSecretBytes)));
        var secret = new byte[text.Length];
        return Convert.TryFromBase64String(text, secret, out var length) && length >= AccessOptions.MinSecretBytes
            ? secret[..length]
            : throw new IOException($"{file} holds no secret: it must be at least {AccessOptions.MinSecretBytes} bytes in base64.");
    }
}

/// <summary>Files that only the user who runs the node can read.</summary>
internal static class PrivateFile
{
    /// <summary>The text of a file, which is made first when it is not there: whole, or not at all, and without a line break, which readers would take for a part of it.</summary>
    public static string ReadOrCreate(string file, Func<string> create)
    {
        PrivateDirectory.Create(Path.GetDirectoryName(Path.GetFullPath(file))!);
        if (!File.Exists(file))
        {
            Write(file, create());
        }

        return File.ReadAllText(file).Trim();
    }

    private static void Write(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var part = $"{file}.{Guid.NewGuid():N}";
        try
        {
            using (var stream = new FileStream(part, options))
            {
                stream.Write(Encoding.ASCII.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another node was faster; its file counts.
            File.Delete(part);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{file} can't be written: {e.Message}", e);
        }
    }
}
