using OrleansRegistry.Processes;

namespace OrleansRegistry.Runtime.Processes;

/// <summary>Counts what the versions of a node have of its room.</summary>
internal sealed class Room(RuntimeOptions options)
{
    private const double ShareOfMemory = 0.75;

    private readonly Lock _turn = new();
    private NodeRoom _free = new(options.MemoryMiB ?? MachineMemoryMiB(), options.Cpus ?? int.MaxValue, options.MaxProcesses);

    /// <summary>Takes a version's part; null when there is too little.</summary>
    public IDisposable? TryReserve(ProcessResources resources)
    {
        lock (_turn)
        {
            if (_free.Take(resources) is not { } rest)
            {
                return null;
            }

            _free = rest;
            return new Part(this, resources);
        }
    }

    /// <summary>That of the limit around the node, where there is one.</summary>
    private static long MachineMemoryMiB() => (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * ShareOfMemory) >> 20;

    private void Return(ProcessResources resources)
    {
        lock (_turn)
        {
            _free = _free.Return(resources);
        }
    }

    private sealed class Part(Room room, ProcessResources resources) : IDisposable
    {
        private Room? _room = room;

        public void Dispose() => Interlocked.Exchange(ref _room, null)?.Return(resources);
    }
}
