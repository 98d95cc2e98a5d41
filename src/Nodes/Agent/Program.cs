using System.CommandLine;
using Mmm.Actors.Configuration;
using Mmm.Actors.Security;
using Mmm.Agent;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

Option<FileInfo> config = new("--config") { Description = "Configuration file (HOCON), for example /etc/mmm/agent.conf", Required = true, HelpName = "FILE" };
Option<string?> self = new("--this") { Description = "Name of this machine's host; overrides the file's 'this'", HelpName = "HOST" };
Option<string?> cluster = new("--cluster") { Description = "Cluster, where two have a host of that name; overrides 'this_cluster'", HelpName = "CLUSTER" };
Option<bool> check = new("--check") { Description = "Only check the configuration" };
RootCommand command = new($"mmm-agent: the agent of Mmm.Actors on a database host.\n\n{ExitCodes.Help}") { config, self, cluster, check };
command.SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(config).FullName, parsed.GetValue(self), parsed.GetValue(cluster), parsed.GetValue(check)));

ParseResult result = command.Parse(args);
int code = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return result.Errors.Count > 0 ? ExitCodes.Usage : code;

static async Task<int> RunAsync(string path, string? self, string? cluster, bool checkOnly)
{
    LoadedSettings Read() => ConfigFile.Load(path, NodeKind.Agent, self, cluster);
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

    if (!checkOnly)
        return await AgentNode.RunAsync(loaded, Read);

    if (loaded.Settings.Tls is not null && CertificateProblem(loaded.Settings) is { } problem)
    {
        await Console.Error.WriteLineAsync(problem);
        return ExitCodes.Configuration;
    }

    foreach (string warning in loaded.Warnings)
        await Console.Error.WriteLineAsync($"Warning: {warning}");
    Console.WriteLine($"The configuration is valid for the agent of host {loaded.Settings.This} in cluster {loaded.Settings.ThisCluster}.");
    return ExitCodes.Stopped;
}

static string? CertificateProblem(MmmSettings settings)
{
    try
    {
        CertifiedRemoting.OfAgent(settings, TimeProvider.System);
        return null;
    }
    catch (CertificateException e)
    {
        return e.Message;
    }
}
