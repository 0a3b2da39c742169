using System.Diagnostics.CodeAnalysis;

namespace OrleansRegistry.Gateway;

/// <summary>
/// The rest of a body is not sent: the model's server has answered before it had read all of it, or has gone.
/// </summary>
[SuppressMessage("Design", "CA1032", Justification = "There is one reason.")]
internal sealed class BodyGivenUpException() : IOException("The server answered before it had read all of the body.");
