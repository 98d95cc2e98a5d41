using Mmm.Lab.Config;
using Mmm.Lab.Processes;

namespace Mmm.Lab;

/// <summary>Another list of monitors, as an operator would bring it about: edit the file that all share, restart what reads it.</summary>
public sealed class LabMonitors(LabCluster lab)
{
    /// <summary>Lists exactly these in <c>monitors { }</c> of every node's configuration. Nothing is restarted.</summary>
    public void List(params IEnumerable<string> names) => LabConfig.WriteCommon(lab.Plan, lab.Paths, lab.Secrets, [.. names.Select(n => lab.Plan[n])]);

    /// <summary>Runs <c>mmm-monitor --bootstrap</c> on a monitor's machine.</summary>
    public Task<ToolResult> BootstrapAsync(string monitor, bool yes, CancellationToken ct = default) => Tool.RunAsync(
        [
            .. lab.Inside.On(monitor),
            .. LabUsers.Run(lab.Plan, LabPrograms.Monitor, [Programs.Dotnet, lab.Programs.Monitor, "--config", LabConfig.FileOf(lab.Paths, lab.Plan[monitor]), "--bootstrap", .. yes ? ["--yes"] : Array.Empty<string>()]),
        ],
        null, TimeSpan.FromSeconds(60), Programs.Environment, ct);
}
