using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry;

/// <summary>
/// The outcome of a request: a value, or an error that the caller is expected to handle. Exceptions are for bugs and
/// broken infrastructure.
/// </summary>
/// <typeparam name="T">The answer of a request that is not refused.</typeparam>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.Outcome`1")]
public sealed record Outcome<T>
    where T : class
{
    private Outcome()
    {
    }

    /// <summary>The answer, or null when there is an <see cref="Error"/>.</summary>
    [Id(0)]
    public T? Value { get; private init; }

    /// <summary>The reason of a refusal, or null.</summary>
    [Id(1)]
    public RegistryError? Error { get; private init; }

    /// <summary>Gives the answer, or the error.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out RegistryError? error)
    {
        (value, error) = (Value, Error);
        return value is not null;
    }

    /// <summary>An outcome that holds an answer.</summary>
    public static implicit operator Outcome<T>(T value) => new() { Value = value };

    /// <summary>An outcome that holds an error.</summary>
    public static implicit operator Outcome<T>(RegistryError error) => new() { Error = error };
}
