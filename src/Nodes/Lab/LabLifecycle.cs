using System.Diagnostics;
using System.Text.Json;
using Mmm.Lab.Config;
using Mmm.Lab.Network;
using Mmm.Lab.Processes;
using Mmm.Lab.Servers;

namespace Mmm.Lab;

/// <summary>Brings a lab up and removes it without a trace.</summary>
public static class LabLifecycle
{
    /// <summary>
    /// Makes the lab, or puts a running one in order (starts what is missing). A half-made or half-removed one is removed
    /// first; when this attempt fails or is cancelled, it is removed again.
    /// </summary>
    /// <param name="options">What it is made of; a running lab with other options is refused.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="keepBroken">Leaves a failed attempt for inspection.</param>
    /// <param name="ct">Cancels; the lab is removed.</param>
    public static async Task<LabCluster> UpAsync(LabOptions options, Action<string> say, bool keepBroken = false, CancellationToken ct = default)
    {
        LabPlan plan = new(options);
        LabPaths paths = LabPaths.Of(options.Name);
        if (File.Exists(paths.ReadyFile) && await new KeeperClient(paths).IsAliveAsync(ct))
            return await PutInOrderAsync(paths, options, say, ct);
        if (Directory.Exists(paths.Dir))
        {
            say($"Removing what is left of an earlier lab '{options.Name}' ...");
            await DownAsync(options.Name, CancellationToken.None);
        }

        try
        {
            LabCluster lab = await MakeAsync(plan, paths, say, ct);
            PrivateFile.Write(paths.ReadyFile, "");
            return lab;
        }
        catch when (!keepBroken)
        {
            say("Removing the half-made lab ...");
            await DownAsync(options.Name, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Removes the lab of this name, also a half-made one. False: there was nothing.</summary>
    public static async Task<bool> DownAsync(string name, CancellationToken ct = default)
    {
        LabPaths paths = LabPaths.Of(name);
        if (!Directory.Exists(paths.Dir))
            return false;
        ProcessIdentity? keeper = ReadRecord(KeeperRecord(paths));
        ReadRecord(paths.ForwardFile)?.Signal(ProcessIdentity.SigTerm);
        keeper?.Signal(ProcessIdentity.SigCont);
        await LabDisks.ThawAllAsync(paths, [.. keeper is null ? Array.Empty<ProcessIdentity>() : [keeper], .. Records(paths)]);
        if (keeper is not null && await EndsByItselfAsync(paths, ct))
            await EndsAsync(keeper, TimeSpan.FromSeconds(5), ct);
        keeper?.Signal(ProcessIdentity.SigKill);
        List<ProcessIdentity> left = [.. Records(paths)];
        foreach (ProcessIdentity process in left)
            process.Signal(ProcessIdentity.SigKill);
        if (keeper is not null)
            left.Add(keeper);
        if (ReadRecord(paths.ForwardFile) is { } forward)
            left.Add(forward);
        foreach (ProcessIdentity process in left)
            await Wait.UntilAsync($"process {process.Pid} of the lab has ended", TimeSpan.FromSeconds(20), _ => Task.FromResult(!process.IsAlive), TimeSpan.FromMilliseconds(10), ct: ct);
        // The namespaces, cables and mounts went with the last process in them; what is left are plain files.
        Directory.Delete(paths.Dir, recursive: true);
        return true;
    }

    internal static string KeeperRecord(LabPaths paths) => Path.Combine(paths.Dir, "keeper.json");

    private static async Task<LabCluster> MakeAsync(LabPlan plan, LabPaths paths, Action<string> say, CancellationToken ct)
    {
        if (!plan.Options.Bare)
            _ = (new Programs(plan.Options.Programs).Monitor, new Programs(plan.Options.Programs).Agent);
        if (plan.Options.Clocks)
            HostClock.RequireLibrary();
        if (plan.Options.Disks)
            LabDisks.Require();
        if (plan.Options.Unprivileged)
            await LabUsers.RequireAsync(plan, ct);
        _ = plan.Server.Program;
        MakeFolders(plan, paths);
        if (plan.Options.Unprivileged)
            await LabUsers.HandOverAsync(plan, paths, ct);
        say("Making the network: " + string.Join(", ", plan.Hosts.Select(h => $"{h.Name} {h.Ip}")) + " ...");
        await StartKeeperAsync(paths, ct);
        LabCluster lab = LabCluster.Open(paths);
        Task certificates = plan.Options.Bare ? Task.CompletedTask : LabCertificates.MakeAsync(plan, paths, lab.Secrets, lab.Programs, ct);
        Task template = plan.Server.MakeTemplateAsync(paths, lab.Inside, ct);
        await lab.Inside.ShellOnSwitchAsync(LabSwitch.BuildScript(plan, paths), ct);
        await lab.Faults.HealAsync(ct: ct);
        say($"Starting the servers ({plan.Server.Name}) ...");
        await template;
        if (plan.Options.Unprivileged)
            await LabUsers.HandOverTemplateAsync(paths, ct);
        await Task.WhenAll(plan.DatabaseHosts.Select(h => StartServerAsync(lab, h, ct)));
        say(plan.Options.Masters == 2 ? "Starting replication: master1 and master2 from each other, slaves from master1 ..." : "Starting replication: all from master1 ...");
        await ReplicationSetup.RunAsync(plan, lab.Secrets, lab.Server, ct);
        await Task.WhenAll(ReplicationSetup.Replicas(plan).Select(h => ReplicatesAsync(lab, h, ct)));
        if (plan.Options.Bare)
        {
            await lab.Server("master1").ExecuteAsync("SET GLOBAL read_only = 0", ct);
            await lab.Inside.ShellOnAsync("master1", $"ip addr add {plan.WriterIp}/32 dev eth0\n", ct);
            return lab;
        }

        await certificates;
        if (plan.Options is { Unprivileged: true, Bare: false, PlainText: false })
            await LabUsers.HandOverCertificatesAsync(plan, paths, ct);
        say($"Starting {plan.Options.Monitors} monitor(s) and {plan.DatabaseHosts.Count()} agents ...");
        foreach (LabHost host in plan.Hosts.Where(h => h.Kind != LabHostKind.Spare))
            await StartProgramsAsync(lab, host, ct);
        return lab;
    }

    private static async Task<LabCluster> PutInOrderAsync(LabPaths paths, LabOptions wanted, Action<string> say, CancellationToken ct)
    {
        LabCluster lab = LabCluster.Open(paths);
        if (lab.Plan.Options != wanted)
            throw new LabException($"The lab '{wanted.Name}' is up with other options; remove it first: mmm-lab down --name {wanted.Name}");
        say($"The lab '{wanted.Name}' is up; putting it in order ...");
        await lab.Faults.HealAsync(ct: ct);
        await lab.Faults.ForeignDownAsync(ct: ct);
        foreach (LabHost host in lab.Plan.Options.Disks ? lab.Plan.DatabaseHosts : [])
            await lab.Disks.MendAsync(host.Name, ct);
        foreach (LabHost host in lab.Plan.Hosts.Where(h => h.Kind != LabHostKind.Spare))
        {
            if (!(await lab.Inside.ShellOnAsync(host.Name, "ip -4 addr show dev eth0\n", ct)).Contains(host.Ip + "/", StringComparison.Ordinal))
                await lab.Faults.PowerOnAsync(host.Name, ct);
            foreach (string program in LabPrograms.Of(lab.Plan, host))
                await lab.Faults.ThawAsync(host.Name, program, ct);
            await StartProgramsAsync(lab, host, ct);
        }

        return lab;
    }

    private static void MakeFolders(LabPlan plan, LabPaths paths)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.Dir, ownerOnly);
        foreach (string dir in (string[])[paths.Logs, paths.Records, paths.Configs, paths.Namespaces, .. plan.Hosts.Select(h => paths.HostDir(h.Name))])
            Directory.CreateDirectory(dir, ownerOnly);
        PrivateFile.Write(paths.OptionsFile, JsonSerializer.Serialize(plan.Options));
        LabSecrets secrets = LabSecrets.Create();
        secrets.Write(paths);
        LabConfig.Write(plan, paths, secrets);
        foreach (LabHost host in plan.Options.Clocks ? plan.Hosts : [])
            HostClock.Set(paths, host.Name, 0);
        foreach (LabHost host in plan.DatabaseHosts)
        {
            PrivateFile.Write(paths.MysqlConfig(host.Name), plan.Server.MyCnf(plan, paths, host));
            PrivateFile.Write(InitFile(paths, host), plan.Server.InitFile(plan, secrets));
        }
    }

    /// <summary>The keeper is a process of its own session in new namespaces; it outlives the command that starts it.</summary>
    private static async Task StartKeeperAsync(LabPaths paths, CancellationToken ct)
    {
        ProcessStartInfo info = new("setsid") { UseShellExecute = false };
        string log = Path.Combine(paths.Logs, "keeper.log");
        foreach (string argument in (string[])["sh", "-c", "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", log,
                     "unshare", "--net", "--mount", "--propagation", "private", .. Inside.Unprivileged ? ["--user", "--map-root-user"] : Array.Empty<string>(),
                     Programs.Dotnet, Programs.Lab, "keeper-process", "--dir", paths.Dir])
            info.ArgumentList.Add(argument);
        foreach ((string name, string value) in Programs.Environment)
            info.Environment[name] = value;
        using Process process = Process.Start(info)!;
        ProcessIdentity? identity = ProcessIdentity.Of(process.Id);
        if (identity is not null)
            PrivateFile.Write(KeeperRecord(paths), JsonSerializer.Serialize(identity, KeeperProtocol.Json));
        KeeperClient client = new(paths);
        await Wait.UntilAsync(
            "the lab's process keeper answers", ProgramWatch.Patience,
            async c => process.HasExited ? throw new LabException(NoNamespaces(log)) : File.Exists(paths.KeeperSocket) && await client.IsAliveAsync(c), TimeSpan.FromMilliseconds(20), ct: ct);
    }

    private static string NoNamespaces(string log) =>
        $"The lab could not make its namespaces ({(File.Exists(log) ? File.ReadAllText(log).Trim() : "no word why")}). Run it as root (in a container: with "
        + "CAP_SYS_ADMIN and CAP_NET_ADMIN), or allow user namespaces for ordinary users (user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns).";

    private static async Task StartServerAsync(LabCluster lab, LabHost host, CancellationToken ct)
    {
        if (lab.Plan.Options.Disks)
            await lab.Disks.MakeAsync(host, ct);
        else
            await Tool.RunOrThrowAsync(["cp", "-a", "--reflink=auto", lab.Paths.Template, lab.Paths.DataDir(host.Name)], ct: ct);
        string initFile = InitFile(lab.Paths, host);
        await lab.Keeper.AskAsync(
            new KeeperProtocol.Request("start", LabPrograms.Key(host.Name, LabPrograms.Mysqld), LabPrograms.Definition(lab, host, LabPrograms.Mysqld, initFile)), ct);
        LabServer server = lab.Server(host.Name);
        ProgramWatch watch = await ProgramWatch.BeginAsync(lab, ct);
        await Wait.UntilAsync($"mysqld on {host.Name} answers", ProgramWatch.Patience, async c =>
        {
            if (await server.AnswersAsync(c))
                return true;
            await watch.CheckAsync(c);
            return false;
        }, ct: ct);
        File.Delete(initFile);
        if (lab.Plan.Server.AfterFirstStart is { } sql)
            await server.ExecuteAsync(sql, ct);
    }

    private static async Task ReplicatesAsync(LabCluster lab, LabHost host, CancellationToken ct)
    {
        LabServer server = lab.Server(host.Name);
        await Wait.UntilAsync(
            $"{host.Name} replicates", ProgramWatch.Patience, async c => await server.ReplicaAsync(c) is { Runs: true },
            why: async () => (await server.ReplicaAsync(CancellationToken.None))?.Error ?? "no replication is configured", ct: ct);
    }

    private static async Task StartProgramsAsync(LabCluster lab, LabHost host, CancellationToken ct)
    {
        foreach (string program in LabPrograms.Of(lab.Plan, host))
            await lab.Faults.StartAsync(host.Name, program, ct);
    }

    private static string InitFile(LabPaths paths, LabHost host) => Path.Combine(paths.HostDir(host.Name), "first-start.sql");

    private static IEnumerable<ProcessIdentity> Records(LabPaths paths) =>
        Directory.Exists(paths.Records) ? Directory.EnumerateFiles(paths.Records, "*.json").Select(ReadRecord).OfType<ProcessIdentity>() : [];

    private static ProcessIdentity? ReadRecord(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllText(file), KeeperProtocol.Json) : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    /// <summary>Asks the keeper to end everything and then itself. False: it does not answer, and what it had started is in the records.</summary>
    private static async Task<bool> EndsByItselfAsync(LabPaths paths, CancellationToken ct)
    {
        try
        {
            await new KeeperClient(paths).AskAsync(new KeeperProtocol.Request("end"), ct);
            return true;
        }
        catch (LabException)
        {
            return false;
        }
    }

    private static async Task EndsAsync(ProcessIdentity process, TimeSpan within, CancellationToken ct)
    {
        try
        {
            await Wait.UntilAsync("it has ended", within, _ => Task.FromResult(!process.IsAlive), TimeSpan.FromMilliseconds(10), ct: ct);
        }
        catch (LabException)
        {
            // Killed by the caller next.
        }
    }
}
