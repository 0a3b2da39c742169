using Microsoft.AspNetCore.Connections;

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
        { new StateCorruptException(), false },
        { new InvalidOperationException(), false },
    };

    [Theory]
    [MemberData(nameof(Thrown))]
    public void E1_a_call_is_interrupted_when_its_silo_or_connection_is_lost(Exception thrown, bool isInterrupted) =>
        Assert.Equal(isInterrupted, GrainCalls.IsInterrupted(thrown));
}
