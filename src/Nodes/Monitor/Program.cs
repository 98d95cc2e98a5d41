using System.CommandLine;
using Mmm.Actors.Configuration;
using Mmm.Actors.Security;
using Mmm.Monitor;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

Option<FileInfo> config = new("--config") { Description = "Configuration file (HOCON), for example /etc/mmm/monitor.conf", Required = true, HelpName = "FILE" };
Option<string?> self = new("--this") { Description = "Name of this node among the configured monitors; overrides the file's 'this'", HelpName = "NAME" };
Option<bool> check = new("--check") { Description = "Only check the configuration, and print what its timings mean" };
Option<bool> bootstrap = new("--bootstrap") { Description = "With the monitor stopped: make it the only voter, with what it has on its disk, because the others are gone for good. Says what would be discarded" };
Option<bool> yes = new("--yes") { Description = "With --bootstrap: do it" };
RootCommand command = new($"mmm-monitor: a monitor node of Mmm.Actors.\n\n{ExitCodes.Help}") { config, self, check, bootstrap, yes };
command.Validators.Add(r =>
{
    if (r.GetValue(yes) && !r.GetValue(bootstrap))
        r.AddError("--yes is only for --bootstrap.");
    if (r.GetValue(check) && r.GetValue(bootstrap))
        r.AddError("--check and --bootstrap exclude each other.");
});
command.SetAction((parsed, _) => RunAsync(
    parsed.GetRequiredValue(config).FullName, parsed.GetValue(self), parsed.GetValue(check), parsed.GetValue(bootstrap) ? s => BootstrapCommand.Run(s, parsed.GetValue(yes)) : null));

ParseResult result = command.Parse(args);
int code = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return result.Errors.Count > 0 ? ExitCodes.Usage : code;

static async Task<int> RunAsync(string path, string? self, bool checkOnly, Func<MmmSettings, int>? instead)
{
    LoadedSettings Read() => ConfigFile.Load(path, NodeKind.Monitor, self);
    LoadedSettings loaded;
    try
    {
        loaded = Read();
    }
    catch (SettingsException e)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return ExitCodes.Configuration;
    }

    if (instead is not null)
        return instead(loaded.Settings);
    if (!checkOnly)
        return await MonitorNode.RunAsync(loaded, Read);

    if (loaded.Settings.Tls is not null && CertificateProblem(loaded.Settings) is { } problem)
    {
        await Console.Error.WriteLineAsync(problem);
        return ExitCodes.Configuration;
    }

    foreach (string warning in loaded.Warnings)
        await Console.Error.WriteLineAsync($"Warning: {warning}");
    Console.WriteLine($"The configuration is valid for monitor {loaded.Settings.This}.");
    Console.WriteLine(Timings.WorstCase(loaded.Settings));
    return ExitCodes.Stopped;
}

static string? CertificateProblem(MmmSettings settings)
{
    try
    {
        CertifiedRemoting.OfMonitor(settings, TimeProvider.System);
        return null;
    }
    catch (CertificateException e)
    {
        return e.Message;
    }
}
