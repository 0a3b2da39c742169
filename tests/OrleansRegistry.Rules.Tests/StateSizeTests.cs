using OrleansRegistry.Models;

namespace OrleansRegistry;

/// <summary>A model's row grows with its active versions, and not with all it ever had.</summary>
public sealed class StateSizeTests(ITestOutputHelper output)
{
    /// <summary>Ordinals, numbers and publish numbers of more digits, in the pointer, the history and the counters.</summary>
    private const int MoreDigits = 80;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stored_size_of_a_model_does_not_grow_with_inactive_or_deleted_versions(bool isDeleted)
    {
        int[] counts = [10, 1_000, 10_000];
        int[] sizes = [.. counts.Select(count => SizeAfter(count, isDeleted))];

        output.WriteLine($"{(isDeleted ? "deleted" : "deactivated")}: " +
            string.Join(", ", counts.Zip(sizes, (count, size) => $"{count:N0} versions {size:N0} bytes")));
        Assert.All(sizes, size => Assert.InRange(size - sizes[0], 0, MoreDigits));
    }

    [Fact]
    public void Stored_size_of_a_model_grows_by_an_entry_for_each_active_version()
    {
        var model = new TestModel();
        model.Published(serving: TestModel.Server);
        var one = Size(model);
        for (var i = 0; i < 100; i++)
        {
            model.Published(serving: TestModel.Server, claims: false);
        }

        output.WriteLine($"an active version: {(Size(model) - one) / 100} bytes");
        Assert.InRange((Size(model) - one) / 100, 50, 250);
    }

    private static int SizeAfter(int versions, bool isDeleted)
    {
        var model = new TestModel();
        var kept = model.Published(serving: TestModel.Server);
        for (var i = 0; i < versions; i++)
        {
            var version = model.Published(serving: TestModel.Server);
            _ = isDeleted ? model.Delete(version) : model.Deactivate(version);
        }

        Assert.Equal((kept, 1, versions + 2), (model.Primary, model.State.Active.Length, model.State.NextOrdinal));
        return Size(model);
    }

    private static int Size(TestModel model) => StateJson.Write(model.State).Length;
}
