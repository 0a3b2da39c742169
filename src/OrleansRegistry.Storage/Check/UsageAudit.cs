using OrleansRegistry.Versions;

namespace OrleansRegistry.Storage.Check;

/// <summary>An interval of active time as bills add it up.</summary>
/// <param name="Ordinal">The version that has it.</param>
/// <param name="Stage">On which stage.</param>
/// <param name="StartedAt">When it began, in milliseconds since 1970.</param>
/// <param name="EndedAt">When it ended.</param>
internal sealed record StoredInterval(int Ordinal, string Stage, long StartedAt, long EndedAt);

/// <summary>Compares the intervals of a model's versions with their meters (rule B4). Pure.</summary>
internal static class UsageAudit
{
    /// <summary>Every disagreement; the intervals come by ordinal and start.</summary>
    public static IEnumerable<Finding> Compare(string modelId, IReadOnlyList<ModelVersionState> versions, IReadOnlyList<StoredInterval> intervals)
    {
        foreach (var version in versions)
        {
            var own = intervals.Where(interval => interval.Ordinal == version.Ordinal).ToList();
            var (draft, published) = (Sum(own, "draft"), Sum(own, "published"));
            if ((draft, published) != (version.Meter.DraftMilliseconds, version.Meter.PublishedMilliseconds))
            {
                yield return Of(modelId, version, $"is billed for {draft} ms as draft and {published} ms as published; its meter says {version.Meter.DraftMilliseconds} and {version.Meter.PublishedMilliseconds}");
            }

            if (own.Zip(own.Skip(1)).Any(pair => pair.First.EndedAt > pair.Second.StartedAt))
            {
                yield return Of(modelId, version, "is billed twice for some time: two of its intervals overlap");
            }
        }
    }

    private static long Sum(IEnumerable<StoredInterval> intervals, string stage) =>
        intervals.Where(interval => interval.Stage == stage).Sum(interval => interval.EndedAt - interval.StartedAt);

    private static Finding Of(string modelId, ModelVersionState version, string problem) => new($"version {new VersionId(modelId, version.Ordinal)}", problem);
}
