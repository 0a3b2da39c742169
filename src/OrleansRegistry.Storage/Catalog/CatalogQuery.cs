using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansRegistry.Storage.Catalog;

/// <summary>A select that grows by conditions, each with its parameters.</summary>
internal sealed class CatalogQuery
{
    private readonly string _select;
    private readonly List<string> _conditions = [];
    private readonly List<(string Name, object Value)> _parameters = [];
    private string _order = "";

    /// <summary>Begins with a select; <c>{0}</c>, <c>{1}</c> … stand for the values, if there are any.</summary>
    public CatalogQuery(string select, params ReadOnlySpan<object> values) =>
        _select = values.IsEmpty ? select : Format(select, values);

    /// <summary>Adds a condition; <c>{0}</c>, <c>{1}</c> … stand for the values.</summary>
    public CatalogQuery Where(string condition, params ReadOnlySpan<object> values)
    {
        _conditions.Add(Format(condition, values));
        return this;
    }

    /// <summary>Keeps to the rows of a kind, of all workspaces or of one: a range of the primary key.</summary>
    public CatalogQuery OfKind(string kind, string? workspace = null)
    {
        var parent = workspace is null ? kind : $"{kind}/{workspace}";
        return Where("kind = {0} and key > {1} and key < {2}", kind, parent + "/", parent + "0");
    }

    /// <summary>Adds a parameter, and answers how SQL names it.</summary>
    public string Parameter(object value)
    {
        var name = $"p{_parameters.Count}";
        _parameters.Add((name, value));
        return $"@{name}";
    }

    /// <summary>Sets the order.</summary>
    public CatalogQuery OrderBy(string order)
    {
        _order = $" order by {order}";
        return this;
    }

    /// <summary>The command, for all rows or for a number of them.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "The text is put together from constants; every value is a parameter.")]
    public DbCommand On(DbConnection connection, int? limit = null)
    {
        var command = connection.CreateCommand();
        command.CommandText = $"{_select}{(_conditions.Count == 0 ? "" : " where ")}{string.Join(" and ", _conditions)}{_order}{(limit is null ? "" : " limit @limit")}";
        command.AddParameters(limit is null ? _parameters : [.. _parameters, ("limit", limit)]);
        return command;
    }

    private string Format(string sql, ReadOnlySpan<object> values)
    {
        var names = new object[values.Length];
        for (var index = 0; index < values.Length; index++)
        {
            names[index] = Parameter(values[index]);
        }

        return string.Format(CultureInfo.InvariantCulture, sql, names);
    }
}
