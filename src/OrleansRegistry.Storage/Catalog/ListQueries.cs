using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using OrleansRegistry.Models;

namespace OrleansRegistry.Storage.Catalog;

/// <summary>
/// The queries of the lists of models and versions. Each one reads about as many rows as the page has, however many
/// there are: a label stands in a table that has the order of the list. What a name contains and how a number begins
/// stand in indexes of another order: few matches are sorted, and among many those of a page are soon met in order.
/// </summary>
internal sealed class ListQueries(
    RegistryDatabase database, DbConnection connection, CancellationToken cancellationToken)
{
    /// <summary>How many matches are sorted at most.</summary>
    internal const int MaxSorted = 500;

    private const int GramLength = 3;
    private const int Sample = 1000;
    private const int MetSoon = 50;
    private const string EndOfPrefix = "\U0010FFFF";
    private const string Model = "m.workspace, m.model_id, m.payload, m.revision";
    private const string Version =
        "v.workspace, v.model_id, v.ordinal, v.payload, v.revision, v.is_primary, v.model_deleted_at";

    /// <summary>The list of a workspace's living models.</summary>
    public async Task<CatalogQuery> Models(string workspace, ModelFilter filter)
    {
        string[] labels =
        [
            .. await RarestFirst(
                "registry_model_label where workspace = {0}", [workspace], Texts(filter.Labels, filter.LabelTexts)),
        ];
        CatalogQuery query;
        var order = "m";
        var name = NameOf(workspace, filter);
        var isFew = name is not null && (name.IsOfPart ? !await IsMetSoon(name) : await IsFew(name.Index, name.Values));
        if (isFew)
        {
            query = new CatalogQuery(
                $"with found as materialized ({name!.Index}) select {Model} from found cross join catalog_model as m",
                name.Values)
                .Where("m.key = {0} || found.model_id", GrainKeys.Model(workspace, ""));
        }
        else if (labels.Length > 0)
        {
            order = "l";
            query = new CatalogQuery($"select {Model} from registry_model_label as l cross join catalog_model as m")
                .Where("l.workspace = {0} and l.label = {1}", workspace, labels[0])
                .Where("m.key = {0} || l.model_id", GrainKeys.Model(workspace, ""));
        }
        else
        {
            query = new CatalogQuery($"select {Model} from catalog_model as m");
        }

        query.Where("m.workspace = {0} and m.deleted_at is null", workspace);
        if (name is not null && !isFew)
        {
            query.Where(name.Condition, name.Values);
        }

        if (filter.Name is { } exact)
        {
            query.Where("m.name = {0}", exact);
        }

        foreach (var label in labels.Skip(order == "l" ? 1 : 0))
        {
            query.Where(
                "exists (select 1 from registry_model_label as o where o.workspace = {0} and o.label = {1}"
                + $" and o.name = {order}.name and o.model_id = {order}.model_id)",
                workspace,
                label);
        }

        foreach (var (key, value) in filter.Labels)
        {
            query.Where(database.HasLabel("{0}", "{1}"), key, value);
        }

        if (filter.After is { } after)
        {
            _ = filter.Order == ModelOrder.Name
                ? query.Where($"({order}.name, {order}.model_id) > ({{0}}, {{1}})", after.Name, after.Id)
                : query.Where(
                    $"({order}.created_at, {order}.model_id) < ({{0}}, {{1}})", after.CreatedAt.ToInstantText(), after.Id);
        }

        return query.OrderBy(filter.Order == ModelOrder.Name
            ? $"{order}.name, {order}.model_id"
            : $"{order}.created_at desc, {order}.model_id desc");
    }

    /// <summary>The list of a model's versions.</summary>
    public async Task<CatalogQuery> Versions(string workspace, string modelId, VersionFilter filter)
    {
        var byNumber = filter.Order == VersionOrder.HighestNumberFirst;
        string[] labels =
        [
            .. await RarestFirst(
                "registry_version_label where workspace = {0} and model_id = {1}",
                [workspace, modelId],
                Texts(filter.Labels, filter.LabelTexts)),
        ];
        var number = filter.NumberPrefix is { Length: > 0 } prefix ? NumberOf(workspace, modelId, prefix) : null;
        // The indexes of the others have the order of ordinals.
        var found = await FirstOfFew(
            number,
            byNumber && labels.Length > 0 ? LabelOf(workspace, modelId, labels[0]) : null,
            byNumber && filter.ExternalId is { } own ? ColumnOf(workspace, modelId, "external_id", own) : null,
            byNumber && filter.State is { } known and not VersionState.Deleted
                ? ColumnOf(workspace, modelId, "state", NameOf(known))
                : null);
        CatalogQuery query;
        var order = byNumber ? "p" : "v";
        if (found is not null)
        {
            query = new CatalogQuery(
                $"with found as materialized ({found.Index}) select {Version}"
                + " from found cross join catalog_version as v"
                + (byNumber ? " cross join registry_version_precedence as p" : ""),
                found.Values);
            query.Where("v.key = {0} || found.ordinal", VersionKey(workspace, modelId));
            if (byNumber)
            {
                query.Where("p.workspace = {0} and p.model_id = {1} and p.ordinal = found.ordinal", workspace, modelId);
            }
        }
        else if (byNumber)
        {
            query = ByPrecedence(workspace, modelId);
        }
        else if (labels.Length > 0)
        {
            order = "l";
            query = new CatalogQuery(
                $"select {Version} from registry_version_label as l cross join catalog_version as v")
                .Where("l.workspace = {0} and l.model_id = {1} and l.label = {2}", workspace, modelId, labels[0])
                .Where("v.key = {0} || l.ordinal", VersionKey(workspace, modelId));
        }
        else
        {
            query = new CatalogQuery($"select {Version} from catalog_version as v");
        }

        query.Where("v.workspace = {0} and v.model_id = {1}", workspace, modelId);
        await AddState(query, workspace, modelId, filter.State);
        if (number is not null && found != number)
        {
            query.Where(number.Condition, number.Values);
        }

        if (filter.ExternalId is { } externalId)
        {
            query.Where("v.external_id = {0}", externalId);
        }

        foreach (var other in labels.Skip(order == "l" ? 1 : 0))
        {
            query.Where(
                "exists (select 1 from registry_version_label as o where o.workspace = {0} and o.model_id = {1}"
                + " and o.label = {2} and o.ordinal = v.ordinal)",
                workspace,
                modelId,
                other);
        }

        foreach (var (key, value) in filter.Labels)
        {
            query.Where(database.HasLabel("{0}", "{1}"), key, value);
        }

        if (!byNumber && filter.Before is { } before)
        {
            query.Where($"{order}.ordinal < {{0}}", before);
        }

        if (byNumber && filter.BeforeNumber is { } beforeNumber)
        {
            query.Where("p.precedence < {0}", VersionNumbering.Precedence(VersionNumbering.Parse(beforeNumber)));
        }

        return query.OrderBy(byNumber ? "p.precedence desc" : $"{order}.ordinal desc");
    }

    /// <summary>The versions of a model, deleted ones too, beside the precedence <c>p</c> of their numbers.</summary>
    public static CatalogQuery ByPrecedence(string workspace, string modelId) =>
        new CatalogQuery($"select {Version} from registry_version_precedence as p cross join catalog_version as v")
            .Where("p.workspace = {0} and p.model_id = {1}", workspace, modelId)
            .Where("v.key = {0} || p.ordinal", VersionKey(workspace, modelId));

    /// <summary>The state of versions is that of their own rows, unless their model is deleted (rule L5).</summary>
    private async Task AddState(CatalogQuery query, string workspace, string modelId, VersionState? state)
    {
        if (state is null)
        {
            // A row whose state can't be read comes along, to be reported.
            query.Where("v.own_state is distinct from 'deleted' and v.model_deleted_at is null");
            return;
        }

        if (state != VersionState.Deleted)
        {
            query.Where("v.own_state = {0} and v.model_deleted_at is null", NameOf(state.Value));
            return;
        }

        var model = new CatalogQuery("select deleted_at from catalog_model")
            .Where("key = {0}", GrainKeys.Model(workspace, modelId));
        var deleted = await CatalogReader.Read(
            connection, model, row => CatalogReader.Text(row, 0), cancellationToken);
        if (deleted is not [not null])
        {
            query.Where("v.own_state = 'deleted'");
        }
    }

    private Matches? NameOf(string workspace, ModelFilter filter)
    {
        if (filter.NamePart is { Length: > 0 } part
            && ModelName.Fold(part) is var folded
            && folded.EnumerateRunes().Count() >= GramLength)
        {
            var (sql, values) = database.FindByNamePart(workspace, folded);
            return new Matches(sql, database.Contains("m.search_name", "{1}"), values) { IsOfPart = true };
        }

        if ((filter.NamePart ?? filter.NamePrefix) is not { Length: > 0 } text)
        {
            return null;
        }

        // Everything that begins with the prefix stands between it and itself with the last code point behind it.
        var prefix = ModelName.Fold(text);
        return new Matches(
            """
            select model_id from registry_state
            where kind = 'model' and deleted_at is null and workspace = {0} and search_name >= {1} and search_name < {2}
            """,
            "coalesce(substr(m.search_name, 1, length({1})) = {1}, false)",
            [workspace, prefix, prefix + EndOfPrefix]);
    }

    private static Matches NumberOf(string workspace, string modelId, string prefix) => new(
        """
        select ordinal from registry_state
        where kind = 'version' and workspace = {0} and model_id = {1} and number >= {2} and number < {3}
        """,
        "coalesce(substr(v.number, 1, length({2})) = {2}, false)",
        [workspace, modelId, prefix, prefix + EndOfPrefix]);

    private static Matches LabelOf(string workspace, string modelId, string label) => new(
        "select ordinal from registry_version_label where workspace = {0} and model_id = {1} and label = {2}",
        "",
        [workspace, modelId, label]);

    private static Matches ColumnOf(string workspace, string modelId, string column, string value) => new(
        $$"""
        select ordinal from registry_state
        where kind = 'version' and workspace = {0} and model_id = {1} and {{column}} = {2}
        """,
        "",
        [workspace, modelId, value]);

    private static string NameOf(VersionState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    private async Task<Matches?> FirstOfFew(params Matches?[] matches)
    {
        foreach (var match in matches)
        {
            if (match is not null && await IsFew(match.Index, match.Values))
            {
                return match;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether many of some names contain a part: an index of parts is not asked how many have it without finding all.
    /// </summary>
    private async Task<bool> IsMetSoon(Matches name)
    {
        var query = new CatalogQuery(
            $$"""
            select count(*) from (
                select search_name from registry_state where kind = 'model' and deleted_at is null and workspace = {0}
                order by name, model_id limit {{Sample}}) as m
            where {{name.Condition}}
            """,
            name.Values);
        return (await CatalogReader.Read(connection, query, row => row.GetInt64(0), cancellationToken))[0] >= MetSoon;
    }

    private async Task<bool> IsFew(string select, object[] values) => await Count(select, values) <= MaxSorted;

    private async Task<long> Count(string select, object[] values) => (await CatalogReader.Read(
        connection,
        new CatalogQuery(
            string.Create(
                CultureInfo.InvariantCulture, $"select count(*) from ({select} limit {MaxSorted + 1}) as few"),
            values),
        row => row.GetInt64(0),
        cancellationToken))[0];

    /// <summary>The rarest one leads, and the rows that have it are looked at for the others.</summary>
    private async Task<IEnumerable<string>> RarestFirst(string table, object[] owner, string[] labels)
    {
        if (labels.Length < 2)
        {
            return labels;
        }

        List<(string Label, long Count)> counted = [];
        foreach (var label in labels)
        {
            var select = string.Create(
                CultureInfo.InvariantCulture, $"select 1 from {table} and label = {{{owner.Length}}}");
            counted.Add((label, await Count(select, [.. owner, label])));
        }

        return counted.OrderBy(entry => entry.Count).Select(entry => entry.Label);
    }

    private static string[] Texts(IEnumerable<KeyValuePair<string, string>> labels, IEnumerable<string> texts) =>
        [.. labels.Select(label => $"{label.Key}:{label.Value}").Concat(texts).Distinct(StringComparer.Ordinal)];

    /// <summary>The key of the model's versions, up to the ordinal.</summary>
    private static string VersionKey(string workspace, string modelId) => $"version/{workspace}/{modelId}-";

    /// <summary>Rows that match a text.</summary>
    /// <param name="Index">Selects them from an index.</param>
    /// <param name="Condition">
    /// The same as a condition that no index is of help to, and of which PostgreSQL believes that half of the rows meet
    /// it: of an equation it believes that hardly any do, and would sort them all.
    /// </param>
    /// <param name="Values">The values of both.</param>
    private sealed record Matches(string Index, string Condition, object[] Values)
    {
        /// <summary>Whether the text is a part of a name.</summary>
        public bool IsOfPart { get; init; }
    }
}
