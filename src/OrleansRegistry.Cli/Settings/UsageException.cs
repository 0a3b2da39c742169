namespace OrleansRegistry.Cli.Settings;

/// <summary>The command or its settings are not as they must be. Nothing was sent.</summary>
internal sealed class UsageException(string message) : Exception(message);
