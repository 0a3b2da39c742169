namespace OrleansRegistry.SampleModelServer.Tests;

/// <summary>A server with the better model, started once for the tests of a class.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    internal SampleClient Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await SampleClient.Start(TimeProvider.System);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
