using OrleansRegistry.SampleModelServer;

return await SampleProgram.Run(args);
