namespace OrleansRegistry.OnnxServer.Models;

/// <summary>A caller's input is not what the model takes. The message says why.</summary>
internal sealed class WrongInputException(string message) : Exception(message);
