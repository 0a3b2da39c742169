using System.Text;
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
    [InlineData("{\"workspace\":null,\"id\":\"m\",\"name\":\"n\",\"search_name\":\"n\",\"latest_version\":\"1.0.0\",\"created_by\":\"ann\"}")]
    [InlineData("{\"workspace\":\"w\",\"id\":\"m\",\"name\":\"n\",\"search_name\":\"n\",\"latest_version\":\"1.0.0\",\"created_by\":\"ann\",\"primary_policy\":1}")]
    [InlineData("{\"workspace\":\"w\",\"id\":\"m\",\"name\":\"n\",\"search_name\":\"n\",\"latest_version\":\"1.0.0\",\"created_by\":\"ann\",\"primary_policy\":\"newest\"}")]
    public void Row_that_is_no_model_is_corrupt(string json) =>
        Assert.Throws<StateCorruptException>(() => StateJson.Read<ModelState>(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    public void Row_that_is_no_version_is_corrupt(string json) =>
        Assert.Throws<StateCorruptException>(() => StateJson.Read<ModelVersionState>(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Model_is_read_as_it_was_written()
    {
        var model = new TestModel();
        model.NewPrimary();
        model.Published(serving: TestModel.SlowServer);
        model.Published(claims: false);
        model.Draft();

        var written = StateJson.Write(model.State);
        var read = StateJson.Read<ModelState>(written);

        Assert.Equal(model.State.Active, read.Active);
        Assert.Equal(model.State.History, read.History);
        Assert.Equal((model.State.Primary, model.State.PendingPrimary), (read.Primary, read.PendingPrimary));
        Assert.Equal(written, StateJson.Write(read));
    }
}
