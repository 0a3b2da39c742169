using System.Globalization;

namespace OrleansRegistry.Testing;

/// <summary>How often random tests run: as often as they say, or so many times as often in a long run (<c>REGISTRY_TEST_ROUNDS</c>).</summary>
public static class TestRounds
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("REGISTRY_TEST_ROUNDS") ?? "1", CultureInfo.InvariantCulture);

    /// <summary>The count for this run.</summary>
    public static int Of(int count) => count * Rounds;
}
