using System.Collections.Concurrent;
using System.Reflection;
using System.Xml.Linq;

namespace OrleansRegistry.Host.Tests.Infrastructure;

/// <summary>The comments that the compiler writes beside an assembly, as Markdown.</summary>
internal static class XmlComments
{
    private static readonly ConcurrentDictionary<Assembly, Dictionary<string, XElement>> Files = [];

    /// <summary>What is said about a property; it must have a summary.</summary>
    public static (string Summary, string? Value) Of(PropertyInfo property)
    {
        var member = Files.GetOrAdd(property.DeclaringType!.Assembly, Read)[$"P:{property.DeclaringType.FullName}.{property.Name}"];
        return (Text(member.Element("summary")!), member.Element("value") is { } value ? Text(value) : null);
    }

    private static Dictionary<string, XElement> Read(Assembly assembly) => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))
        .Descendants("member").ToDictionary(member => (string)member.Attribute("name")!);

    private static string Text(XElement element) => string.Join(
        ' ',
        string.Concat(element.Nodes().Select(node => node is XElement { Name.LocalName: "c" } code ? $"`{code.Value}`" : node.ToString()))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
