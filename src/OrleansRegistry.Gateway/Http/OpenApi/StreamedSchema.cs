namespace OrleansRegistry.Gateway;

/// <summary>What the OpenAPI document says of a stream of server-sent events: the schema of their data.</summary>
/// <param name="Name">The name of its component.</param>
internal sealed record StreamedSchema(string Name);
