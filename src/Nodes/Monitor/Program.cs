using System.CommandLine;
using Mmm.Actors.Configuration;
using Mmm.Monitor;
using Mmm.Shared.Settings;

Option<FileInfo> config = new("--config") { Description = "Configuration file (HOCON), for example /etc/mmm/monitor.conf", Required = true, HelpName = "FILE" };
Option<string?> self = new("--this") { Description = "Name of this node among the configured monitors; overrides the file's 'this'", HelpName = "NAME" };
Option<bool> check = new("--check") { Description = "Only check the configuration, and print what its timings mean" };
RootCommand command = new($"mmm-monitor: a monitor node of Mmm.Actors.\n\n{ExitCodes.Help}") { config, self, check };
command.SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(config).FullName, parsed.GetValue(self), parsed.GetValue(check)));

ParseResult result = command.Parse(args);
int code = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return result.Errors.Count > 0 ? ExitCodes.Usage : code;

static async Task<int> RunAsync(string path, string? self, bool checkOnly)
{
    LoadedSettings loaded;
    try
    {
        loaded = ConfigFile.Load(path, NodeKind.Monitor, self);
    }
    catch (SettingsException e)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return ExitCodes.Configuration;
    }

    if (!checkOnly)
        return await MonitorNode.RunAsync(loaded.Settings, loaded.Warnings);

    foreach (string warning in loaded.Warnings)
        await Console.Error.WriteLineAsync($"Warning: {warning}");
    Console.WriteLine($"The configuration is valid for monitor {loaded.Settings.This}.");
    Console.WriteLine(Timings.WorstCase(loaded.Settings));
    return ExitCodes.Stopped;
}
