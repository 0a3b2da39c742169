using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace OrleansRegistry.Abstractions.Tests;

/// <summary>What Orleans throws when a silo, or the connection to it, is lost.</summary>
public sealed class GrainCallsTests
{
    public static TheoryData<Exception, bool> Thrown => new()
    {
        { new TimeoutException(), true },
        { new SiloUnavailableException(), true },
        { new ConnectionAbortedException(), true },
        { new ConnectionResetException(""), true },
        { new StateCorruptException("Row x can't be read."), false },
        { new InvalidOperationException(), false },
    };

    [Theory]
    [MemberData(nameof(Thrown))]
    public void E1_a_call_is_interrupted_when_its_silo_or_connection_is_lost(Exception thrown, bool isInterrupted) =>
        Assert.Equal(isInterrupted, GrainCalls.IsInterrupted(thrown));

    public static TheoryData<Exception> Own =>
    [
        new RegistryUnavailableException("Away."), new SiloReplacedException("Replaced."), new StateCorruptException("Corrupt."),
        new ForeignWorkspaceException("Foreign."),
    ];

    [Theory]
    [MemberData(nameof(Own))]
    public void The_registrys_exceptions_travel_between_nodes_with_their_message(Exception thrown)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();

        var arrived = serializer.Deserialize<Exception>(serializer.SerializeToArray(thrown));

        Assert.Equal((thrown.GetType(), thrown.Message), (arrived!.GetType(), arrived.Message));
    }
}
