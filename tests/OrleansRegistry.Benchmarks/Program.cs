using System.Globalization;
using OrleansRegistry.Benchmarks;

// "serve NAME" is one of the servers that are compared, "noisy" compares a caller with and without a noisy one beside
// it, "crowd" with and without strangers and streams, "deploying" one that deploys on SQLite with and without a crowd
// of another workspace, "writes" deployments on SQLite with a bare loop, "foreign" the time of refusals, "large-model"
// what very many versions ask, "growth [MODELS]" what reads cost among very many models, "build HOST" predict with that
// of another build, "server-loss" callers with and without the death of one of three servers, "soak" loads one that
// runs already (scripts/soak.sh), anything else the speed of the registry with baselines.
if (args is ["serve", var name, .. var rest])
{
    await Baselines.Serve(name, rest);
}
else if (args is ["noisy"])
{
    await NoisyNeighbour.Run();
}
else if (args is ["deploying"])
{
    await CrowdedWriters.Run();
}
else if (args is ["writes"])
{
    await BareWrites.Run();
}
else if (args is ["crowd"])
{
    await Crowd.Run();
}
else if (args is ["foreign"])
{
    await ForeignTiming.Run();
}
else if (args is ["growth", .. var models])
{
    await Growth.Run(models is [var count] ? int.Parse(count, CultureInfo.InvariantCulture) : Growth.Large);
}
else if (args is ["build", var host])
{
    await Comparisons.RunWithBuild(Path.GetFullPath(host));
}
else if (args is ["server-loss"])
{
    await ServerLoss.Run();
}
else if (args is ["large-model"])
{
    await LargeModel.Run();
}
else if (args is ["soak", var minutes, var keyFile, var gateways, .. var processes])
{
    var soak = new Soak((await File.ReadAllTextAsync(keyFile)).Trim(), [.. gateways.Split(',').Select(gateway => new Uri(gateway))], [.. processes.Select(int.Parse)]);
    await soak.Run(TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)));
}
else
{
    await Comparisons.Run(seconds: args is [var text] ? int.Parse(text, null) : 3);
}
