using System.Text.Json;

namespace OrleansRegistry.Gateway.Tests.Events;

/// <summary>Events as a catalog would give them.</summary>
internal static class TestEvents
{
    public static RegistryEvent At(int position) => new()
    {
        Id = $"{position}",
        Type = EventType.VersionReady,
        At = default,
        Workspace = "default",
        ModelId = "m",
        VersionId = "m-1",
        Actor = "test",
        Data = JsonElement.Parse("{}"),
    };
}
