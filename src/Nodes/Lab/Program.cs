using Mmm.Lab.Cli;

return await LabCommandLine.RunAsync(args);
