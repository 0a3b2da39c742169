namespace OrleansRegistry.Gateway;

/// <summary>Looks into exceptions.</summary>
internal static class ExceptionCauses
{
    /// <summary>An exception and all that caused it; nothing for null.</summary>
    public static IEnumerable<Exception> AndCauses(this Exception? exception) => exception switch
    {
        null => [],
        AggregateException several => [several, .. several.InnerExceptions.SelectMany(AndCauses)],
        _ => [exception, .. exception.InnerException.AndCauses()],
    };
}
