using System.Data.Common;

namespace OrleansRegistry.Storage;

/// <summary>Short forms for commands.</summary>
internal static class DbCommandExtensions
{
    /// <summary>Adds parameters by name.</summary>
    public static void AddParameters(this DbCommand command, IEnumerable<(string Name, object Value)> parameters)
    {
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }
    }
}
