using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Services;
using OrleansRegistry.Models;
using OrleansRegistry.Storage;

namespace OrleansRegistry.State;

/// <summary>
/// What silos and clients of two builds say to each other, beside the methods of grains, which OrleansContracts.txt lists. A member is known by
/// its number and an enumeration's value by its own: they can be added to, but nothing that is there may mean another thing.
/// </summary>
public sealed class WireTests
{
    private static readonly ImmutableArray<Type> Types =
    [
        .. ((Type[])[typeof(IModelGrain), typeof(ModelState), typeof(ModelGrain), typeof(StorageOptions)]).SelectMany(type => type.Assembly.GetTypes())
            .Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) || (type.IsInterface && typeof(IGrainService).IsAssignableFrom(type)))
            .OrderBy(AliasOf, StringComparer.Ordinal),
    ];

    [Fact]
    public void What_is_sent_is_as_its_golden_file_says()
    {
        var wire = string.Join('\n', Types.Select(type => $"{Head(type)}\n{string.Concat(Members(type).Select(member => $"  {member}\n"))}"));

        var file = Path.Combine(AppContext.BaseDirectory, "State", "Wire.txt");
        Assert.True(File.Exists(file), $"State/Wire.txt is missing. It would be:\n{wire}");
        Assert.Equal(File.ReadAllText(file), wire);
    }

    [Fact]
    public void Nothing_that_a_sent_type_holds_is_left_behind()
    {
        foreach (var type in Types.Where(type => type.IsClass || type is { IsValueType: true, IsEnum: false }))
        {
            var held = type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Where(property => type.GetField($"<{property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic) is not null);

            Assert.All(held, property => Assert.True(property.IsDefined(typeof(IdAttribute)), $"{type}.{property.Name}"));
            Assert.DoesNotContain(
                type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly),
                field => !field.IsDefined(typeof(CompilerGeneratedAttribute)));
        }
    }

    private static string Head(Type type) => (type.IsInterface ? "interface " : type.IsEnum ? "enum " : "") + AliasOf(type)
        + (type.IsEnum ? $" : {Enum.GetUnderlyingType(type)}" : type.BaseType is { } parent && Types.Contains(parent) ? $" : {AliasOf(parent)}" : "");

    private static IEnumerable<string> Members(Type type) =>
        type.IsEnum ? Enum.GetValues(type).Cast<Enum>().Select(value => $"{value.ToString("D")} {value}")
        : type.IsInterface ? type.GetMethods().Select(Method).Order(StringComparer.Ordinal)
        : type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(property => (Property: property, property.GetCustomAttribute<IdAttribute>()?.Id))
            .Where(member => member.Id is not null)
            .OrderBy(member => member.Id)
            .Select(member => string.Create(CultureInfo.InvariantCulture, $"{member.Id} {member.Property.Name}: {NameOf(member.Property.PropertyType)}"));

    private static string Method(MethodInfo method) =>
        $"{AliasOf(method)}({string.Join(", ", method.GetParameters().Select(parameter => NameOf(parameter.ParameterType)))}): {NameOf(method.ReturnType)}";

    private static string NameOf(Type type) => !type.IsGenericType ? AliasOf(type)
        : Nullable.GetUnderlyingType(type) is { } value ? NameOf(value) + "?"
        : $"{AliasOf(type.GetGenericTypeDefinition())}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>";

    private static string AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias ?? member.Name.Split('`')[0];
}
