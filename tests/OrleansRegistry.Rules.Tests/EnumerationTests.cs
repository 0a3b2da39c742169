using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using OrleansRegistry.Access;
using OrleansRegistry.Billing;
using OrleansRegistry.Models;
using OrleansRegistry.Traffic;
using OrleansRegistry.Versions;

namespace OrleansRegistry;

/// <summary>How enumerations are written in rows and events.</summary>
public sealed partial class EnumerationTests
{
    private static readonly Assembly[] Assemblies = [typeof(ModelState).Assembly, typeof(IModelGrain).Assembly];

    [Fact]
    public void Every_enumeration_in_a_stored_row_is_written_in_snake_case()
    {
        Type[] enums = [.. Reachable([
            typeof(ModelState), typeof(ModelVersionState), typeof(ModelNameState), typeof(TrafficState), typeof(RatesState), typeof(StatementState),
        ]).Where(type => type.IsEnum)];

        Assert.Contains(typeof(PrimaryReason), enums);
        Assert.Contains(typeof(ServingStatus), enums);
        foreach (var type in enums)
        {
            AssertNames(type, value => JsonSerializer.Serialize(value, type, StateJson.Default));
        }
    }

    [Fact]
    public void Every_enumeration_in_an_event_is_written_in_snake_case()
    {
        (Type Data, JsonSerializerContext Json)[] events =
        [
            (typeof(DeployedData), VersionEventJson.Default), (typeof(ActivatedData), VersionEventJson.Default), (typeof(UsageInterval), VersionEventJson.Default),
            (typeof(UnhealthyData), VersionEventJson.Default), (typeof(PrimaryChangedData), ModelEventJson.Default), (typeof(ApiKeyData), AccessEventJson.Default), (typeof(RatesData), BillingEventJson.Default),
        ];

        Assert.Equal(5, Reachable(events.Select(happened => happened.Data)).Count(type => type.IsEnum));
        foreach ((var data, var json) in events)
        {
            foreach (var type in Reachable([data]).Where(type => type.IsEnum))
            {
                AssertNames(type, value => JsonSerializer.Serialize(value, type, json));
            }
        }
    }

    private static void AssertNames(Type type, Func<object, string> write)
    {
        string[] names = [.. Enum.GetValues(type).Cast<object>().Select(write)];

        Assert.All(names, name => Assert.Matches(SnakeCase(), name));
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    private static HashSet<Type> Reachable(IEnumerable<Type> roots)
    {
        var found = new HashSet<Type>();
        var open = new Stack<Type>(roots);
        while (open.TryPop(out var type))
        {
            if (!found.Add(type))
            {
                continue;
            }

            var next = type.IsGenericType ? type.GetGenericArguments()
                : Assemblies.Contains(type.Assembly) && !type.IsEnum ? type.GetProperties().Select(property => property.PropertyType)
                : [];
            foreach (var member in next)
            {
                open.Push(member);
            }
        }

        return found;
    }

    [GeneratedRegex("^\"[a-z]+(_[a-z]+)*\"$")]
    private static partial Regex SnakeCase();
}
