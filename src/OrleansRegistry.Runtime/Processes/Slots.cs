using System.Globalization;

namespace OrleansRegistry.Runtime.Processes;

/// <summary>Hands out what processes must not share: user numbers, and processors as far as there are enough.</summary>
internal sealed class Slots(bool hasOtherUsers)
{
    /// <summary>The numbers that Linux systems keep free for users who come and go (61184 to 65519).</summary>
    public const int FirstUser = 61184;

    private readonly Lock _turn = new();
    private readonly HashSet<int> _users = [];
    private readonly Dictionary<int, int> _processors = Allowed().ToDictionary(one => one, _ => 0);

    /// <summary>Takes a user and processors.</summary>
    /// <param name="cpus">How many processors.</param>
    /// <returns>What was taken; dispose of it to give it back. Without processors a process runs on all.</returns>
    public Slot Take(int cpus)
    {
        lock (_turn)
        {
            int? user = null;
            if (hasOtherUsers)
            {
                user = Enumerable.Range(FirstUser, _users.Count + 1).First(_users.Add);
            }

            int[] processors = cpus >= _processors.Count ? [] : [.. _processors.OrderBy(one => one.Value).ThenBy(one => one.Key).Take(cpus).Select(one => one.Key)];
            foreach (var processor in processors)
            {
                _processors[processor]++;
            }

            return new Slot(this, user, processors);
        }
    }

    private void Return(Slot slot)
    {
        lock (_turn)
        {
            if (slot.User is { } user)
            {
                _users.Remove(user);
            }

            foreach (var processor in slot.Processors)
            {
                _processors[processor]--;
            }
        }
    }

    /// <summary>The processors that this process may use, such as <c>0-3,8</c>.</summary>
    private static IEnumerable<int> Allowed()
    {
        const string name = "Cpus_allowed_list:";
        var list = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..];
        foreach (var part in list.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = Array.ConvertAll(part.Split('-'), end => int.Parse(end, CultureInfo.InvariantCulture));
            for (var processor = ends[0]; processor <= ends[^1]; processor++)
            {
                yield return processor;
            }
        }
    }

    /// <summary>What one process has.</summary>
    internal sealed class Slot(Slots slots, int? user, IReadOnlyList<int> processors) : IDisposable
    {
        public int? User => user;

        public IReadOnlyList<int> Processors => processors;

        public void Dispose() => slots.Return(this);
    }
}
