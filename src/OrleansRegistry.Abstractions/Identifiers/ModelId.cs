using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OrleansRegistry;

/// <summary>
/// The id of a model: ten random characters of <see cref="Alphabet"/>, 50 bits, drawn once and never reused.
/// </summary>
public static class ModelId
{
    /// <summary>Digits and lower-case letters without the look-alikes <c>i l o u</c>.</summary>
    public const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>The number of characters of an id.</summary>
    public const int Length = 10;

    private static readonly System.Buffers.SearchValues<char> Characters = System.Buffers.SearchValues.Create(Alphabet);

    /// <summary>Draws a new id from the system's cryptographic random numbers.</summary>
    public static string New() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>Says whether a text has the form of a model id; it does not say that such a model exists.</summary>
    public static bool IsWellFormed([NotNullWhen(true)] string? text) =>
        text is { Length: Length } && !text.AsSpan().ContainsAnyExcept(Characters);
}
