namespace OrleansRegistry;

/// <summary>
/// A field that a request may leave out, where null is a value of its own. The default value is left out.
/// </summary>
/// <typeparam name="T">The field's type.</typeparam>
/// <param name="IsSet">Whether the request has the field.</param>
/// <param name="Value">Its value, when it is set.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Optional`1")]
public readonly record struct Optional<T>([property: Id(0)] bool IsSet, [property: Id(1)] T? Value)
{
    /// <summary>A field that is set.</summary>
    public static implicit operator Optional<T>(T? value) => new(true, value);

    /// <summary>The value of the field, or the present one when the request leaves it out.</summary>
    public T? Or(T? current) => IsSet ? Value : current;
}
