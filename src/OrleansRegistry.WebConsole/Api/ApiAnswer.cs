using OrleansRegistry.Gateway;

namespace OrleansRegistry.WebConsole;

/// <summary>The answer of the HTTP interface to the console: a value or a problem.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="Value">The value, or null.</param>
/// <param name="Problem">The problem, or null.</param>
/// <param name="ETag">The entity tag of the value, or null.</param>
internal sealed record ApiAnswer<T>(T? Value, Problem? Problem, string? ETag)
    where T : class
{
    /// <summary>The value, where nobody expects a problem.</summary>
    /// <exception cref="RequestRefusedException">There is a problem: the page is answered with it.</exception>
    public T OrRefuse() => Value ?? throw new RequestRefusedException(new RegistryError(Problem!.Code, Problem.Detail));
}
