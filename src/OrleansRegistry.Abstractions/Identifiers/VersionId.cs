using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansRegistry;

/// <summary>
/// The id of a version, <c>{model id}-{ordinal}</c>. Ordinals count 1, 2, 3 … in deploy order and are never reused.
/// </summary>
/// <param name="ModelId">The id of the model the version belongs to.</param>
/// <param name="Ordinal">The version's place in its model's deploy order, from 1.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.VersionId")]
public readonly record struct VersionId([property: Id(0)] string ModelId, [property: Id(1)] int Ordinal)
{
    /// <summary>The longest text that can be a version id: ten characters, a hyphen and at most ten digits.</summary>
    public const int MaxLength = OrleansRegistry.ModelId.Length + 11;

    /// <summary>
    /// Parses the one canonical spelling of a version id; anything else gives <see langword="false"/>.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out VersionId id)
    {
        id = default;
        const int hyphen = OrleansRegistry.ModelId.Length;
        if (text is null || text.Length is <= hyphen + 1 or > MaxLength || text[hyphen] != '-' || text[hyphen + 1] == '0'
            || !OrleansRegistry.ModelId.IsWellFormed(text[..hyphen])
            || !int.TryParse(text.AsSpan(hyphen + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal))
        {
            return false;
        }

        id = new VersionId(text[..hyphen], ordinal);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ModelId}-{Ordinal}");
}
