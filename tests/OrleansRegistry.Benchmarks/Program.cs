using OrleansRegistry.Benchmarks;

// "serve NAME" is one of the servers that are compared; without arguments, everything is compared.
if (args is ["serve", var name, .. var rest])
{
    await Baselines.Serve(name, rest);
}
else
{
    await Comparisons.Run(seconds: args is [var text] ? int.Parse(text, null) : 3);
}
