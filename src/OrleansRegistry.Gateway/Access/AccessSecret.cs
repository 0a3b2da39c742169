using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The secret of the deployment. Keys are stored as hashes under it, so that rows alone don't help to guess one; page
/// tokens are signed with it, and webhooks' secrets encrypted. It stands in the settings, or in the file <c>secret</c>
/// of the data directory, which is made at the first start. While it is replaced there are two, and both count (H4).
/// </summary>
internal sealed class AccessSecret
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "secret";

    private readonly AccessOptions _options;
    private readonly Lazy<Derived> _derived;
    private readonly Derived? _previous;

    /// <summary>Reads nothing yet.</summary>
    public AccessSecret(AccessOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _derived = new Lazy<Derived>(() => Derive(options.Secret is { } given ? given.ToArray() : FromFile(File)));
        _previous = options.PreviousSecret is { } previous ? Derive(previous.ToArray()) : null;
    }

    /// <summary>Where the secret is, unless the settings say it.</summary>
    internal string File => Path.GetFullPath(Path.Combine(_options.Directory, FileName));

    /// <summary>Whether there is a secret: none is drawn where there is one already that keys were made with.</summary>
    internal bool IsThere => _options.Secret is not null || System.IO.File.Exists(File);

    /// <summary>Looks at the file where there is one.</summary>
    /// <exception cref="IOException">It holds no secret, or can't be read.</exception>
    internal void CheckFile()
    {
        if (_options.Secret is null && Path.Exists(File))
        {
            _ = _derived.Value;
        }
    }

    /// <summary>
    /// Tells one secret from another, and nothing else about it. The file is made when it is not there.
    /// </summary>
    /// <exception cref="IOException">The file can't be read or made.</exception>
    internal string Fingerprint => _derived.Value.Fingerprint;

    /// <summary>The same of the secret that counts beside it, or null.</summary>
    internal string? PreviousFingerprint => _previous?.Fingerprint;

    /// <summary>What webhooks' secrets are encrypted with.</summary>
    internal WebhookSeal Seal => new(_derived.Value.ForWebhooks, _previous?.ForWebhooks);

    /// <summary>The part of a key that is stored and compared.</summary>
    internal ImmutableArray<byte> HashKey(string key) => _derived.Value.HashKey(key);

    /// <summary>The same under the secret that counts beside it, or null.</summary>
    internal ImmutableArray<byte>? HashKeyBefore(string key) => _previous?.HashKey(key);

    /// <summary>
    /// The command that gives a key that is stored under the other secret its hash under this one, or null where there
    /// is no other.
    /// </summary>
    internal RehashApiKeyCommand? Rehash(ApiKeyProof proof) => proof.HashBefore is { } known && _previous is { } previous
        ? new RehashApiKeyCommand { Known = known, KnownSecret = previous.Fingerprint, Hash = proof.Hash, HashSecret = Fingerprint }
        : null;

    /// <summary>The signatures of a page token: the first is the one to give, and each is taken.</summary>
    internal IReadOnlyList<byte[]> SignToken(byte[] token) =>
        _previous is null ? [_derived.Value.SignToken(token)] : [_derived.Value.SignToken(token), _previous.SignToken(token)];

    private static Derived Derive(byte[] secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, AccessOptions.MinSecretBytes);
        var fingerprint = Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, outputLength: 16, info: "fingerprint"u8.ToArray()));
        return new Derived(
            HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "api keys"u8.ToArray()),
            HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "page tokens"u8.ToArray()),
            new SealKey(fingerprint, HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "webhook secrets"u8.ToArray())),
            fingerprint);
    }

    private static byte[] FromFile(string file)
    {
        var text = SecretFile.ReadOrCreate(file, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(AccessOptions.MinSecretBytes)));
        var secret = new byte[text.Length];
        return Convert.TryFromBase64String(text, secret, out var length) && length >= AccessOptions.MinSecretBytes
            ? secret[..length]
            : throw new IOException(
                $"{file} holds no secret: it must be at least {AccessOptions.MinSecretBytes} bytes in base64. Put back the file that the keys in the database were made with; remove it where there are none.");
    }

    private sealed record Derived(byte[] ForKeys, byte[] ForTokens, SealKey ForWebhooks, string Fingerprint)
    {
        public ImmutableArray<byte> HashKey(string key) => [.. HMACSHA256.HashData(ForKeys, Encoding.ASCII.GetBytes(key))];

        public byte[] SignToken(byte[] token) => HMACSHA256.HashData(ForTokens, token)[..16];
    }
}

/// <summary>Files that hold one secret each. Only the user who runs the node can read them.</summary>
internal static class SecretFile
{
    /// <summary>
    /// The text of a file, which is made first when it is not there: whole, or not at all, and without a line break,
    /// which readers would take for a part of it.
    /// </summary>
    /// <exception cref="IOException">It can't be read or made.</exception>
    public static string ReadOrCreate(string file, Func<string> create)
    {
        if (Directory.Exists(file))
        {
            throw new IOException($"{file} is a directory, and a file must be there. Remove it.");
        }

        try
        {
            PrivateDirectory.Create(Path.GetDirectoryName(Path.GetFullPath(file))!);
            if (!File.Exists(file))
            {
                Write(file, create());
            }

            return File.ReadAllText(file).Trim();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{file} can't be read or written: {e.Message}", e);
        }
    }

    private static void Write(string file, string text)
    {
        var part = $"{file}.{Guid.NewGuid():N}";
        try
        {
            using (var stream = PrivateFile.Open(part, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(Encoding.ASCII.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another node was faster; its file counts.
        }
        finally
        {
            File.Delete(part);
        }
    }
}
