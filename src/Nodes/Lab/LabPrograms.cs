using Mmm.Lab.Config;
using Mmm.Lab.Processes;

namespace Mmm.Lab;

/// <summary>How each program of the lab is started; <c>host/program</c> is its key.</summary>
public static class LabPrograms
{
    public const string Mysqld = "mysqld";
    public const string Agent = "agent";
    public const string Monitor = "monitor";
    public const string WritingClient = "client";
    public const string HaProxy = "haproxy";

    /// <summary>As systemd's RestartSec of the packaged units.</summary>
    private const int RestartAfterMs = 1000;

    /// <summary>As in the unit of Debian's MariaDB package (Restart=on-abnormal, RestartSec=5s): a server that its agent has killed, or that has crashed, comes back.</summary>
    private const int MysqldRestartAfterMs = 5000;

    /// <summary>systemd's own default (RestartSec=100ms): an agent that is back within the lease's time keeps its roles.</summary>
    private const int AgentRestartAfterMs = 100;

    /// <summary>Programs of a host, in the order a boot starts them.</summary>
    public static IReadOnlyList<string> Of(LabPlan plan, LabHost host) => host.Kind switch
    {
        LabHostKind.Monitor or LabHostKind.Spare => [Monitor],
        LabHostKind.Client => [],
        _ => plan.Options.Bare ? [Mysqld] : [Mysqld, Agent],
    };

    /// <summary>Programs that can be started on a host: the load balancer runs only when somebody wants it.</summary>
    public static IReadOnlyList<string> PossibleOn(LabPlan plan, LabHost host) => host.Kind == LabHostKind.Client && !plan.Options.Bare ? [HaProxy] : Of(plan, host);

    internal static string Key(string host, string program) => $"{host}/{program}";

    internal static KeeperProtocol.KeptProgram Definition(LabCluster lab, LabHost host, string program, string? initFile = null)
    {
        LabPaths paths = lab.Paths;
        string log = paths.Log(host.Name, program);
        string config = LabConfig.FileOf(paths, host);
        KeeperProtocol.KeptProgram definition = program switch
        {
            Mysqld => new(
                host.Name,
                [lab.Plan.Server.Program, "--defaults-file=" + paths.MysqlConfig(host.Name), .. lab.Plan.Options.Unprivileged ? Array.Empty<string>() : ["--user=root"], .. initFile is null ? Array.Empty<string>() : ["--init-file=" + initFile]],
                log, new Dictionary<string, string> { ["LC_ALL"] = "C" }, initFile is null ? MysqldRestartAfterMs : 0, OnlyAbnormal: true),
            Agent => new(host.Name, [Programs.Dotnet, lab.Programs.Agent, "--config", config, "--this", host.Name], log, Programs.Environment, AgentRestartAfterMs),
            Monitor => new(host.Name, [Programs.Dotnet, lab.Programs.Monitor, "--config", config, "--this", host.Name], log, Programs.Environment, RestartAfterMs),
            WritingClient => new(host.Name, [Programs.Dotnet, Programs.Lab, "client-process", "--dir", paths.Dir], log, Programs.Environment, 0),
            HaProxy => new(host.Name, [HaProxy, "-db", "-f", LabHaProxy.FileOf(paths)], log, new Dictionary<string, string>(), RestartAfterMs),
            _ => throw new LabException($"'{program}' is no program of a lab: use mysqld, agent, monitor or haproxy."),
        };
        definition = definition with { Arguments = LabUsers.Run(lab.Plan, program, definition.Arguments) };
        // The writing client measures; it goes by the machine's own clock.
        return lab.Plan.Options.Clocks && program != WritingClient
            ? definition with { Arguments = HostClock.Run(paths, host.Name, definition.Arguments) }
            : definition;
    }
}
