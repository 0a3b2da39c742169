using OrleansRegistry.Host;

return await RegistryProgram.Run(args);
