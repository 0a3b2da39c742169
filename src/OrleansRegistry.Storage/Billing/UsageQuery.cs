using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansRegistry.Storage.Billing;

/// <summary>
/// The one statement that adds up active time. It cuts no interval: it groups intervals by the parts of the window in
/// which they begin and end, and answers how many there are and the sums of their ends, from which
/// <see cref="UsageParts"/> tells the time in each part. So one pass over an index does, however many parts there are.
/// </summary>
internal static class UsageQuery
{
    /// <summary>
    /// Intervals up to this length are found by an index that is bounded on both sides; see
    /// <c>registry_usage_by_end</c>.
    /// </summary>
    public const long LongMilliseconds = 31L * 24 * 60 * 60 * 1000;

    /// <summary>The statement for a window.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "The text is put together from constants and numbers.")]
    public static DbCommand On(DbConnection connection, string workspace, UsageWindow window)
    {
        var command = connection.CreateCommand();
        long[] cuts = [.. window.Cuts.Select(cut => cut.ToUnixTimeMilliseconds())];
        command.CommandText = Sql(cuts);
        var (from, to) = (window.From.ToUnixTimeMilliseconds(), window.To.ToUnixTimeMilliseconds());
        command.AddParameters([("workspace", workspace), ("from", from), ("to", to), ("reach", to + LongMilliseconds)]);
        return command;
    }

    /// <summary>The text of the statement, with what cuts the window.</summary>
    public static string Sql(ReadOnlySpan<long> cuts) => $"""
        with closed as (
            select model_id, ordinal, stage, instance_type, started_at, ended_at
            from registry_usage
            where workspace = @workspace and is_long = false and ended_at > @from and ended_at < @reach and started_at < @to
            union all
            select model_id, ordinal, stage, instance_type, started_at, ended_at
            from registry_usage
            where workspace = @workspace and is_long = true and ended_at > @from and started_at < @to
        ), placed as (
            select model_id, ordinal, stage, instance_type, {PartOf("started_at", cuts, 0)} as first_part, {PartOf("ended_at - 1", cuts, 0)} as last_part,
                   case when started_at < @from then 0 else started_at - @from end as starts_at,
                   case when ended_at > @to then @to - @from else ended_at - @from end as ends_at
            from closed
        ), summed as (
            select model_id, ordinal, stage, instance_type, first_part, last_part, cast(count(*) as bigint) as intervals,
                   cast(sum(starts_at) as bigint) as starts, cast(sum(ends_at) as bigint) as ends
            from placed group by model_id, ordinal, stage, instance_type, first_part, last_part
        ), found as (
            select model_id, ordinal, stage, instance_type, first_part, last_part, intervals, starts, ends, null as running_since from summed
            union all
            select model_id, ordinal, stage, instance_type, 0, 0, 0, 0, 0, running_since
            from registry_state
            where workspace = @workspace and kind = 'version' and (running_since is not null or state is null) and running_since > ''
            union all
            select model_id, ordinal, stage, instance_type, 0, 0, 0, 0, 0, running_since
            from registry_state
            where workspace = @workspace and kind = 'version' and (running_since is not null or state is null) and running_since is null
        )
        select found.model_id, found.ordinal, version.name, version.number, found.stage, found.instance_type,
               found.first_part, found.last_part, found.intervals, found.starts, found.ends, found.running_since
        from found left join registry_state as version
            on version.kind = 'version' and version.workspace = @workspace and version.model_id = found.model_id
                and version.ordinal = found.ordinal
        order by version.name, found.model_id, found.ordinal
        """;

    /// <summary>
    /// How many cuts are not behind an instant: the number of its part. A tree of comparisons, so that few are made.
    /// </summary>
    private static string PartOf(string instant, ReadOnlySpan<long> cuts, int before)
    {
        if (cuts.IsEmpty)
        {
            return before.ToString(CultureInfo.InvariantCulture);
        }

        var middle = cuts.Length / 2;
        var less = PartOf(instant, cuts[..middle], before);
        var more = PartOf(instant, cuts[(middle + 1)..], before + middle + 1);
        return string.Create(CultureInfo.InvariantCulture, $"case when {instant} < {cuts[middle]} then {less} else {more} end");
    }
}
