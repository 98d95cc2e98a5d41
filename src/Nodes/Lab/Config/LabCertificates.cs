using Mmm.Lab.Processes;

namespace Mmm.Lab.Config;

/// <summary>The lab's certificates, made as an operator would make them: with <c>mmm tls</c>.</summary>
internal static class LabCertificates
{
    public static string Authority(LabPaths paths) => Path.Combine(paths.Certificates, "ca.crt");

    public static string OfMonitor(LabPaths paths, LabHost host) => Path.Combine(paths.Certificates, $"monitor-{host.Name}");

    public static string OfAgent(LabPaths paths, LabHost host) => Path.Combine(paths.Certificates, $"agent-{LabPlan.ClusterName}-{host.Name}");

    private static string Nodes(LabPaths paths) => Path.Combine(paths.Configs, "tls-nodes.conf");

    /// <summary>An authority, and what it signs for every machine that may run a monitor or an agent.</summary>
    public static async Task MakeAsync(LabPlan plan, LabPaths paths, LabSecrets secrets, Programs programs, CancellationToken ct)
    {
        if (plan.Options.PlainText)
            return;
        LabConfig.WriteCommon(plan, paths, secrets, plan.Hosts.Where(h => LabPrograms.Of(plan, h).Contains(LabPrograms.Monitor)), Nodes(paths));
        await RunAsync(paths, programs, ["init"], ct);
        await RunAsync(paths, programs, ["issue", "--all"], ct);
    }

    /// <summary>Runs <c>mmm tls</c> on this machine, in the folder that the nodes read, or in another one.</summary>
    public static async Task RunAsync(LabPaths paths, Programs programs, IEnumerable<string> words, CancellationToken ct, string? folder = null)
    {
        string[] arguments = [.. words, "--dir", folder ?? paths.Certificates, "--config", Nodes(paths)];
        ToolResult result = await Tool.RunAsync([Programs.Dotnet, programs.Control, "tls", .. arguments], null, TimeSpan.FromSeconds(60), Programs.Environment, ct);
        if (result.ExitCode != 0)
            throw new LabException($"'mmm tls {string.Join(' ', arguments)}' failed ({result.ExitCode}): {result.Why}");
    }
}
