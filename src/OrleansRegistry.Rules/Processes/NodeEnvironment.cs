using OrleansRegistry.Artifacts;

namespace OrleansRegistry.Processes;

/// <summary>An environment that an operator has prepared on a node.</summary>
/// <param name="Serving">What artifacts may depend on.</param>
/// <param name="Off">Why nothing can run in it, and what to do about it; null when it can.</param>
internal sealed record NodeEnvironment(ServingEnvironment Serving, string? Off)
{
    /// <summary>The name of the environment that ships with the registry.</summary>
    public const string Onnx = "onnx";
}
