using OrleansRegistry.OnnxServer;

return await OnnxServerProgram.Run(args, Console.Out, Console.Error);
