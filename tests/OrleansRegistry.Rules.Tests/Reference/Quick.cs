namespace OrleansRegistry.Reference;

/// <summary>Assertions that are made millions of times: they cost something only when they fail.</summary>
internal static class Quick
{
    public static void Equal<T>(T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            Assert.Equal(expected, actual);
            Assert.Fail($"Expected {expected}, got {actual}.");
        }
    }

    public static void SameItems<T>(IEnumerable<T> expected, IEnumerable<T> actual)
    {
        if (!expected.SequenceEqual(actual))
        {
            Assert.Equal(expected, actual);
            Assert.Fail("The items differ.");
        }
    }
}
