using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using OrleansRegistry.Webhooks;

namespace OrleansRegistry.Access;

/// <summary>
/// The secret of the deployment. Keys are stored as hashes under it, so that rows alone don't help to guess one; page
/// tokens are signed with it, and webhooks' secrets encrypted. It stands in the settings, or in the file <c>secret</c>
/// of the data directory, which is made at the first start. While it is replaced there are two, and both count (H4).
/// </summary>
internal sealed class AccessSecret
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "secret";

    /// <summary>The fewest bytes that a secret has.</summary>
    public const int MinBytes = 32;

    private readonly bool _isGiven;
    private readonly Lazy<Derived> _derived;
    private readonly Derived? _previous;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="given">The secret, or null for that of the file.</param>
    /// <param name="previous">The secret that counts beside it, or null.</param>
    /// <param name="directory">The directory of the file.</param>
    public AccessSecret(ReadOnlyMemory<byte>? given, ReadOnlyMemory<byte>? previous, string directory)
    {
        _isGiven = given is not null;
        File = Path.GetFullPath(Path.Combine(directory, FileName));
        _derived = new Lazy<Derived>(() => Derive(given is { } secret ? secret.ToArray() : FromFile(File)));
        _previous = previous is { } before ? Derive(before.ToArray()) : null;
    }

    /// <summary>Where the secret is, unless it is given.</summary>
    internal string File { get; }

    /// <summary>Whether there is a secret: none is drawn where there is one already that keys were made with.</summary>
    internal bool IsThere => _isGiven || System.IO.File.Exists(File);

    /// <summary>Looks at the file where there is one.</summary>
    /// <exception cref="IOException">It holds no secret, or can't be read.</exception>
    internal void CheckFile()
    {
        if (!_isGiven && Path.Exists(File))
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

    /// <summary>What sign-ins at an issuer are encrypted with on their way: the first is the one to use, and each is taken.</summary>
    internal IReadOnlyList<SealKey> SignInKeys =>
        _previous is null ? [_derived.Value.ForSignIns] : [_derived.Value.ForSignIns, _previous.ForSignIns];

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
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, MinBytes);
        var fingerprint = Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, outputLength: 16, info: "fingerprint"u8.ToArray()));
        return new Derived(
            HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "api keys"u8.ToArray()),
            HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "page tokens"u8.ToArray()),
            new SealKey(fingerprint, HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "webhook secrets"u8.ToArray())),
            new SealKey(fingerprint, HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SHA256.HashSizeInBytes, info: "console sign-ins"u8.ToArray())),
            fingerprint);
    }

    private static byte[] FromFile(string file)
    {
        var text = SecretFile.ReadOrCreate(file, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(MinBytes)));
        var secret = new byte[text.Length];
        return Convert.TryFromBase64String(text, secret, out var length) && length >= MinBytes
            ? secret[..length]
            : throw new IOException(
                $"{file} holds no secret: it must be at least {MinBytes} bytes in base64. Put back the file that the keys in the database were made with; remove it where there are none.");
    }

    private sealed record Derived(byte[] ForKeys, byte[] ForTokens, SealKey ForWebhooks, SealKey ForSignIns, string Fingerprint)
    {
        public ImmutableArray<byte> HashKey(string key) => [.. HMACSHA256.HashData(ForKeys, Encoding.ASCII.GetBytes(key))];

        public byte[] SignToken(byte[] token) => HMACSHA256.HashData(ForTokens, token)[..16];
    }
}
