using System.Collections.Immutable;

namespace OrleansRegistry;

/// <summary>Collects what is wrong with the fields of a command.</summary>
internal sealed class FieldProblems
{
    private readonly ImmutableArray<FieldError>.Builder _found = ImmutableArray.CreateBuilder<FieldError>();

    /// <summary>Adds a problem, unless there is none.</summary>
    public void Add(string field, string? problem)
    {
        if (problem is not null)
        {
            _found.Add(new FieldError(field, problem));
        }
    }

    /// <summary>Adds problems.</summary>
    public void Add(IEnumerable<FieldError> problems) => _found.AddRange(problems);

    /// <summary>All of them.</summary>
    public ImmutableArray<FieldError> ToImmutable() => _found.ToImmutable();
}
