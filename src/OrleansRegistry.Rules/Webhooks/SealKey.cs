using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRegistry.Webhooks;

/// <summary>A key that texts are encrypted with: AES-256-GCM, for one purpose each.</summary>
/// <param name="Name">Tells it from others, and nothing else about it.</param>
/// <param name="Bytes">The key, 32 bytes.</param>
internal sealed record SealKey(string Name, ReadOnlyMemory<byte> Bytes)
{
    private static int NonceLength => AesGcm.NonceByteSizes.MaxSize;

    private static int TagLength => AesGcm.TagByteSizes.MaxSize;

    /// <summary>Encrypts a value. It can be read only beside the text that it is bound to.</summary>
    public string Close(ReadOnlySpan<byte> value, string bound)
    {
        var bytes = new byte[NonceLength + value.Length + TagLength];
        RandomNumberGenerator.Fill(bytes.AsSpan(0, NonceLength));
        using var cipher = new AesGcm(Bytes.Span, TagLength);
        cipher.Encrypt(bytes.AsSpan(0, NonceLength), value, bytes.AsSpan(NonceLength, value.Length), bytes.AsSpan(^TagLength..), Encoding.UTF8.GetBytes(bound));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>A value in clear, or null when it is none of this key, or is bound to another text.</summary>
    public byte[]? Open(string text, string bound)
    {
        if (!Base64Url.IsValid(text))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length < NonceLength + TagLength)
        {
            return null;
        }

        var value = new byte[bytes.Length - NonceLength - TagLength];
        try
        {
            using var cipher = new AesGcm(Bytes.Span, TagLength);
            cipher.Decrypt(bytes.AsSpan(0, NonceLength), bytes.AsSpan(NonceLength, value.Length), bytes.AsSpan(^TagLength..), value, Encoding.UTF8.GetBytes(bound));
            return value;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
