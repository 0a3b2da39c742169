using System.Text;
using System.Text.Json.Nodes;
using OrleansRegistry.Models;
using OrleansRegistry.Versions;

namespace OrleansRegistry;

/// <summary>What can't be read is an error, never a new state.</summary>
public sealed class StateJsonTests
{
    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"workspace\":\"default\"")]
    public void Row_that_is_no_model_is_corrupt(string json) =>
        Assert.Throws<StateCorruptException>(() => StateJson.Read<ModelState>(Encoding.UTF8.GetBytes(json), "a row"));

    [Theory]
    [InlineData("workspace", "null")]
    [InlineData("primary_policy", "1")]
    [InlineData("primary_policy", "\"newest\"")]
    [InlineData("next_ordinal", "null")]
    [InlineData("active", "{}")]
    public void Row_of_a_model_with_a_member_of_another_kind_is_corrupt(string member, string value)
    {
        var model = new TestModel();
        model.Draft();
        var row = JsonNode.Parse(StateJson.Write(model.State))!;
        _ = StateJson.Read<ModelState>(row.ToJsonString(), "a row");
        row[member] = JsonNode.Parse(value);

        Assert.Throws<StateCorruptException>(() => StateJson.Read<ModelState>(row.ToJsonString(), "a row"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    public void Row_that_is_no_version_is_corrupt(string json) =>
        Assert.Throws<StateCorruptException>(() => StateJson.Read<ModelVersionState>(Encoding.UTF8.GetBytes(json), "a row"));

    [Fact]
    public void Model_is_read_as_it_was_written()
    {
        var model = new TestModel();
        model.NewPrimary();
        model.Published(serving: TestModel.SlowServer);
        model.Published(claims: false);
        model.Draft();

        var written = StateJson.Write(model.State);
        var read = StateJson.Read<ModelState>(written, "a row");

        Assert.Equal(model.State.Active, read.Active);
        Assert.Equal(model.State.History, read.History);
        Assert.Equal((model.State.Primary, model.State.PendingPrimary), (read.Primary, read.PendingPrimary));
        Assert.Equal(written, StateJson.Write(read));
    }
}
