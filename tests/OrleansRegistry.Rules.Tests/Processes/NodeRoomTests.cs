using OrleansRegistry.Processes;

namespace OrleansRegistry.Rules.Tests.Processes;

public sealed class NodeRoomTests
{
    private static readonly NodeRoom Room = new(MemoryMiB: 2048, Cpus: 4, Versions: 2);

    [Theory]
    [InlineData(2048, 4, true)]
    [InlineData(2049, 1, false)]
    [InlineData(16, 5, false)]
    public void X11_a_version_has_room_when_its_memory_and_its_processors_are_there(int memory, int cpus, bool fits) =>
        Assert.Equal(fits, Room.Take(new ProcessResources(memory, cpus, 64)) is not null);

    [Fact]
    public void X11_a_node_has_so_many_versions_and_no_more()
    {
        ProcessResources small = new(16, 1, 8);

        Assert.Null(Room.Take(small)!.Take(small)!.Take(small));
    }

    [Fact]
    public void X11_what_is_given_back_is_there_again()
    {
        ProcessResources all = new(2048, 4, 64);
        var taken = Room.Take(all)!;

        Assert.Null(taken.Take(new ProcessResources(16, 1, 8)));
        Assert.Equal(Room, taken.Return(all));
    }
}
