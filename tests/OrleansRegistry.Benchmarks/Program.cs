using OrleansRegistry.Benchmarks;

// "serve NAME" is one of the servers that are compared, "noisy" compares a caller with and without a noisy one beside it, anything else the speed
// of the registry with baselines.
if (args is ["serve", var name, .. var rest])
{
    await Baselines.Serve(name, rest);
}
else if (args is ["noisy"])
{
    await NoisyNeighbour.Run();
}
else
{
    await Comparisons.Run(seconds: args is [var text] ? int.Parse(text, null) : 3);
}
