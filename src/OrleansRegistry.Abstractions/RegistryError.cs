using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>
/// One refusal, in the vocabulary of <see cref="ErrorCode"/>. <see cref="ProblemKind"/> maps codes to HTTP statuses.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.RegistryError")]
public sealed record RegistryError
{
    /// <summary>Makes an error.</summary>
    /// <param name="code">One of <see cref="ErrorCode"/>.</param>
    /// <param name="detail">One sentence for the caller.</param>
    public RegistryError(string code, string detail) => (Code, Detail) = (code, detail);

    /// <summary>One of <see cref="ErrorCode"/>.</summary>
    [Id(0)]
    public string Code { get; }

    /// <summary>One sentence for the caller: what was wrong and, where there is one, the way out.</summary>
    [Id(1)]
    public string Detail { get; }

    /// <summary>For <see cref="ErrorCode.ValidationFailed"/>: what is wrong, by the field's JSON name.</summary>
    [Id(2)]
    public ImmutableArray<FieldError> Fields { get; init; } = [];

    /// <summary>For <see cref="ErrorCode.VersionReferenced"/>: what refers to the version.</summary>
    [Id(3)]
    public ImmutableArray<string> References { get; init; } = [];

    /// <summary>The input is at fault; each entry names a field, and the first one is the detail.</summary>
    public static RegistryError Invalid(params ReadOnlySpan<FieldError> fields) =>
        new(ErrorCode.ValidationFailed, $"{fields[0].Field} {fields[0].Message}.".TrimStart()) { Fields = [.. fields] };

    /// <summary>One field is at fault.</summary>
    public static RegistryError Invalid(string field, string message) => Invalid(new FieldError(field, message));
}

/// <summary>The fault of one field of a request.</summary>
/// <param name="Field">The field's JSON name, as a path: <c>serving.url</c>.</param>
/// <param name="Message">The condition that it must meet.</param>
[GenerateSerializer, Immutable, Alias("OrleansRegistry.FieldError")]
public readonly record struct FieldError([property: Id(0)] string Field, [property: Id(1)] string Message);
