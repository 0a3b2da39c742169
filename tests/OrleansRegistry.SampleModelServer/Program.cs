using OrleansRegistry.SampleModelServer;

return await SampleProgram.Run(args, Console.Out, Console.Error);
