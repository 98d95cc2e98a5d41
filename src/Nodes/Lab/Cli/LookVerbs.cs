using System.CommandLine;
using System.Diagnostics;
using Mmm.Lab.Config;
using Mmm.Lab.Processes;
using Mmm.Lab.Servers;
using Spectre.Console;

namespace Mmm.Lab.Cli;

/// <summary>status, sql, mmm, exec, log.</summary>
internal static class LookVerbs
{
    private static readonly Argument<string> _host = CommonOptions.Host();
    private static readonly Argument<string> _sql = new("SQL") { Description = "One statement." };
    private static readonly Argument<string[]> _rest = new("ARGUMENTS") { Description = "Everything after the verb; put -- in front of options.", Arity = ArgumentArity.ZeroOrMore };

    public static IEnumerable<Command> All() =>
    [
        CommonOptions.Verb("status", "Show hosts, programs, addresses and replication as they really are.", [], (lab, _, ct) => ShowAsync(lab, ct)),
        CommonOptions.Verb("sql", "Run a statement on a DB host, as root through its socket.", [_host, _sql], SqlAsync),
        CommonOptions.Verb("mmm", "Run the mmm command line tool against this lab's monitors.", [_rest], (lab, parsed, ct) => RunInsideAsync(lab.MmmCommand(parsed.GetValue(_rest)!), lab.MmmEnvironment, ct)),
        CommonOptions.Verb("exec", "Run a command on a host of the lab.", [_host, _rest],
            (lab, parsed, ct) => RunInsideAsync([.. lab.Inside.On(lab.Plan[parsed.GetValue(_host)!].Name), .. parsed.GetValue(_rest)!], lab.MmmEnvironment, ct)),
    ];

    public static async Task<int> ShowAsync(LabCluster lab, CancellationToken ct)
    {
        IReadOnlyList<KeeperProtocol.KeptState> processes = await lab.ProcessesAsync(ct);
        Table table = new Table().Border(TableBorder.Simple).AddColumns("host", "ip", "programs", "mysqld", "replicates from", "role addresses");
        foreach (LabHost host in lab.Plan.Hosts)
        {
            string programs = string.Join(", ", processes.Where(p => p.Host == host.Name).Select(Describe));
            (string server, string replica) = host.HasDatabase ? await DescribeServerAsync(lab, host, ct) : ("", "");
            string addresses = host.HasDatabase ? string.Join(" ", await lab.RoleAddressesAsync(host.Name, ct)) : "";
            table.AddRow(host.Name, host.Ip, Markup.Escape(programs), server, Markup.Escape(replica), addresses);
        }

        // A log or a pipe has no width to fit into.
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = 200;
        AnsiConsole.Write(table);
        if (Forwarder.Read(lab.Paths) is { } forward)
        {
            string scheme = lab.Plan.Options.PlainText ? "http" : "https";
            foreach ((string monitor, int port) in forward.Ports)
                Say.Line($"{monitor}: {scheme}://127.0.0.1:{port}/");
            Say.Line($"(callers send the token: curl {(lab.Plan.Options.PlainText ? "" : $"--cacert {LabCertificates.Authority(lab.Paths)} ")}-H \"Authorization: Bearer $(cat {lab.Paths.TokenFile})\" {scheme}://127.0.0.1:{forward.Ports.Values.First()}/api/v1/clusters/{LabPlan.ClusterName})");
        }

        Say.Line($"Folder: {lab.Paths.Dir}");
        return 0;
    }

    private static string Describe(KeeperProtocol.KeptState p) =>
        p.Identity is { } identity ? $"{p.Program} {(identity.IsFrozen ? "frozen " : "")}({p.Pid}{(p.Restarts > 0 ? $", restarted {p.Restarts}x" : "")})" : $"{p.Program} ended ({p.ExitCode})";

    private static async Task<(string Server, string Replica)> DescribeServerAsync(LabCluster lab, LabHost host, CancellationToken ct)
    {
        LabServer server = lab.Server(host.Name);
        if (!await server.AnswersAsync(ct))
            return ("no answer", "");
        string writable = await server.IsReadOnlyAsync(ct) ? "read-only" : "WRITABLE";
        ReplicaStatus? replica = await server.ReplicaAsync(ct);
        if (replica is null)
            return (writable, "nobody");
        string source = lab.Plan.Hosts.FirstOrDefault(h => h.Ip == replica.SourceIp)?.Name ?? replica.SourceIp;
        return (writable, replica.Runs ? $"{source}, {replica.SecondsBehind?.ToString() ?? "?"} s behind" : $"{source}, NOT RUNNING {Short(replica.Error)}");
    }

    /// <summary>MariaDB's error texts are long; the whole one is a SHOW SLAVE STATUS away.</summary>
    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static async Task<int> SqlAsync(LabCluster lab, ParseResult parsed, CancellationToken ct)
    {
        IReadOnlyList<IReadOnlyDictionary<string, string?>> rows = await lab.Server(parsed.GetValue(_host)!).QueryAsync(parsed.GetValue(_sql)!, ct);
        if (rows.Count > 0)
            Say.Line(string.Join('\t', rows[0].Keys));
        foreach (IReadOnlyDictionary<string, string?> row in rows)
            Say.Line(string.Join('\t', row.Values.Select(v => v ?? "NULL")));
        return 0;
    }

    /// <summary>With this terminal's own input and output, so that <c>mmm watch</c> and shells work.</summary>
    private static async Task<int> RunInsideAsync(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        ProcessStartInfo info = new(arguments[0]) { UseShellExecute = false };
        foreach (string argument in arguments.Skip(1))
            info.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment)
            info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        // Ctrl-C reaches the child as well, being in our foreground group; its exit code is ours.
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
