using OrleansRegistry.Cli;
using OrleansRegistry.Cli.Output;

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    // The second time the program ends at once.
    pressed.Cancel = !interrupted.IsCancellationRequested;
    interrupted.Cancel();
};
return await Ork.Run(args, Terminal.OfProcess(), interrupted.Token);
