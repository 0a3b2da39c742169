using System.Collections.Concurrent;

namespace OrleansRegistry.Runtime.Native;

/// <summary>
/// The one thread that starts children. It lives as long as the process: the signal that ends a child with its parent
/// is sent when the *thread* ends that started it, and threads of the pool come and go.
/// </summary>
internal static class ChildThread
{
    private static readonly BlockingCollection<Action> Work = Begin();

    /// <summary>Starts a child.</summary>
    /// <exception cref="IOException">The operating system refuses.</exception>
    public static Child Start(ChildCommand command)
    {
        TaskCompletionSource<int> started = new();
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Spawn.Start(command));
            }
            catch (Exception e) when (e is IOException or EntryPointNotFoundException or DllNotFoundException or ObjectDisposedException)
            {
                started.SetException(e as IOException ?? new IOException($"{command.Program} can't be started: {e.Message}", e));
            }
        });
        return new Child(started.Task.GetAwaiter().GetResult());
    }

    private static BlockingCollection<Action> Begin()
    {
        BlockingCollection<Action> work = [];
        new Thread(() =>
        {
            foreach (var one in work.GetConsumingEnumerable())
            {
                one();
            }
        })
        { IsBackground = true, Name = "Starts children" }.Start();
        return work;
    }
}
