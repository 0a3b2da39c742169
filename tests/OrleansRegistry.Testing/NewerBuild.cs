using System.Text.Json.Nodes;

namespace OrleansRegistry.Testing;

/// <summary>
/// Rows as a newer build stores them: each object has a member that this build doesn't know, and that says where it
/// was.
/// </summary>
public static class NewerBuild
{
    /// <summary>The name of the member.</summary>
    public const string Member = "of_a_newer_build";

    /// <summary>The row with such a member in every object, except in labels and packages, whose members are the caller's.</summary>
    /// <param name="row">A stored row.</param>
    /// <param name="key">What tells its members from those of other rows.</param>
    public static JsonNode Extend(string row, string key)
    {
        var extended = JsonNode.Parse(row)!;
        foreach (var part in ObjectsIn(extended).ToList())
        {
            // What this build would write in another way, if it made something of it.
            part[Member] = JsonNode.Parse(
                $$"""{"was_in":"{{key}} {{part.GetPath()}}","list":[1.50,12345678901234567890123,null,"\u00e9"]}""");
        }

        return extended;
    }

    /// <summary>Where the members were that are in a row, in any order.</summary>
    public static IEnumerable<string> PlacesIn(string row) =>
        ObjectsIn(JsonNode.Parse(row)).Select(part => (string?)part[Member]?["was_in"]).OfType<string>();

    /// <summary>All objects but labels and packages, and what this has added.</summary>
    public static IEnumerable<JsonObject> ObjectsIn(JsonNode? node) => node switch
    {
        JsonArray list => list.SelectMany(ObjectsIn),
        JsonObject members =>
        [
            members,
            .. members.Where(member => member.Key is not ("labels" or "packages" or Member)).SelectMany(member => ObjectsIn(member.Value)),
        ],
        _ => [],
    };
}
