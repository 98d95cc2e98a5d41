using System.Net;
using Mmm.Lab.Network;
using Mmm.Lab.Processes;
using static Mmm.Lab.Processes.KeeperProtocol;

namespace Mmm.Lab;

/// <summary>Everything that can go wrong in a lab, and its repair. Every method may be called again without harm.</summary>
public sealed class LabFaults(LabCluster lab)
{
    /// <summary>SIGKILL; the program stays dead until <see cref="StartAsync"/>.</summary>
    public Task KillAsync(string host, string program, CancellationToken ct = default) => StopAsync(host, program, ProcessIdentity.SigKill, ct);

    /// <summary>SIGTERM; waits until the program has ended.</summary>
    public Task TerminateAsync(string host, string program, CancellationToken ct = default) => StopAsync(host, program, ProcessIdentity.SigTerm, ct);

    /// <summary>SIGSTOP: the program is there but does nothing.</summary>
    public Task FreezeAsync(string host, string program, CancellationToken ct = default) => SignalAsync(host, program, ProcessIdentity.SigStop, ct);

    /// <summary>SIGCONT.</summary>
    public Task ThawAsync(string host, string program, CancellationToken ct = default) => SignalAsync(host, program, ProcessIdentity.SigCont, ct);

    /// <summary>SIGHUP: an agent or a monitor reads its configuration again, as by <c>systemctl reload</c>.</summary>
    public Task ReloadAsync(string host, string program, CancellationToken ct = default) => SignalAsync(host, program, ProcessIdentity.SigHup, ct);

    /// <summary>Starts the program unless it runs.</summary>
    public async Task StartAsync(string host, string program, CancellationToken ct = default)
    {
        LabHost h = Check(host, program);
        await lab.Keeper.AskAsync(new Request("start", LabPrograms.Key(host, program), LabPrograms.Definition(lab, h, program)), ct);
    }

    /// <summary>SIGTERM, then start.</summary>
    public async Task RestartAsync(string host, string program, CancellationToken ct = default)
    {
        await TerminateAsync(host, program, ct);
        await StartAsync(host, program, ct);
    }

    /// <summary>SIGKILL of several programs at once: the signals leave in one go.</summary>
    public async Task KillTogetherAsync(IReadOnlyList<(string Host, string Program)> programs, CancellationToken ct = default)
    {
        foreach ((string host, string program) in programs)
            Check(host, program);
        await Task.WhenAll(programs.Select(p => AskStopAsync(LabPrograms.Key(p.Host, p.Program), ProcessIdentity.SigKill, ct)));
        await Task.WhenAll(programs.Select(p => WaitEndedAsync(LabPrograms.Key(p.Host, p.Program), ct)));
    }

    /// <summary>The host is gone at once: its cable goes dead first, so that no dying process can still say good-bye, then everything on it is killed.</summary>
    public async Task PowerOffAsync(string host, CancellationToken ct = default)
    {
        LabHost h = lab.Plan[host];
        await LinkAsync(h, up: false, ct);
        await lab.Keeper.AskAsync(new Request("stop", host + "/*", Signal: ProcessIdentity.SigKill), ct);
        // What a reboot forgets: every address but the host's own, firewall rules.
        await lab.Inside.ShellOnAsync(host, $"ip -4 addr flush dev eth0\nip -6 addr flush dev eth0 scope global\nnft flush ruleset\n", ct);
    }

    /// <summary>Boot: the host's own address, cable, then its programs; mysqld comes up read-only and without role addresses.</summary>
    public async Task PowerOnAsync(string host, CancellationToken ct = default)
    {
        LabHost h = lab.Plan[host];
        await lab.Inside.ShellOnAsync(host, $"ip addr replace {h.Ip}/24 dev eth0\nip -6 addr replace {h.Ip6}/64 dev eth0 nodad 2>/dev/null || true\n", ct);
        await LinkAsync(h, up: true, ct);
        foreach (string program in LabPrograms.Of(lab.Plan, h))
            await StartAsync(host, program, ct);
    }

    /// <summary>The cable is pulled: the host's interface loses its carrier.</summary>
    public Task LinkDownAsync(string host, CancellationToken ct = default) => LinkAsync(lab.Plan[host], up: false, ct);

    public Task LinkUpAsync(string host, CancellationToken ct = default) => LinkAsync(lab.Plan[host], up: true, ct);

    /// <summary>Frames between the host and the others are dropped silently; its interface stays up. See <see cref="Cut"/>.</summary>
    public async Task PartitionAsync(string host, IReadOnlyList<string>? from = null, bool oneWay = false, CancellationToken ct = default)
    {
        _ = lab.Plan[host];
        foreach (string other in from ?? [])
            _ = lab.Plan[other];
        if (from?.Contains(host) == true)
            throw new LabException($"'{host}' cannot be cut off from itself.");
        await ApplyAsync([.. Cuts.Read(lab.Paths).Where(c => c.Host != host), new Cut(host, from ?? [], oneWay)], ct);
    }

    /// <summary>Ends every partition, or those of one host, and plugs cables in again.</summary>
    public async Task HealAsync(string? host = null, CancellationToken ct = default)
    {
        IEnumerable<LabHost> hosts = host is null ? lab.Plan.Hosts : [lab.Plan[host]];
        await ApplyAsync(host is null ? [] : [.. Cuts.Read(lab.Paths).Where(c => c.Host != host)], ct);
        foreach (LabHost h in hosts)
            await LinkAsync(h, up: true, ct);
    }

    /// <summary>Steps the wall clock of a host, for all of its programs, to this many seconds ahead of the machine's; 0 sets it right. It stays so through a power-off.</summary>
    public void SetClock(string host, int seconds)
    {
        LabHost h = lab.Plan[host];
        if (!lab.Plan.Options.Clocks)
            throw new LabException($"The hosts of the lab '{lab.Plan.Options.Name}' have no clocks of their own: bring it up with --clocks.");
        if (LabPrograms.Of(lab.Plan, h).Count == 0)
            throw new LabException($"Nothing on '{host}' goes by a clock of its own.");
        HostClock.Set(lab.Paths, host, seconds);
    }

    /// <summary>A machine that is none of the lab's answers for an address as well, usually one of its role addresses. One machine, with any number of addresses.</summary>
    /// <returns>Its hardware address.</returns>
    public Task<string> ForeignUpAsync(string address, CancellationToken ct = default)
    {
        IPAddress ip = Parsed(address);
        return lab.Plan.Hosts.FirstOrDefault(h => h.Ip == ip.ToString() || h.Ip6 == ip.ToString()) is { } own
            ? throw new LabException($"{address} is the own address of '{own.Name}', without which the lab does not work: give a role address, for example {lab.Plan.WriterIp}.")
            : new Foreigner(lab.Paths, lab.Inside).AddAsync(ip, ct);
    }

    /// <summary>It has let go of one address, or is gone.</summary>
    /// <param name="address">Null = it is gone.</param>
    /// <param name="ct">Cancels.</param>
    public Task ForeignDownAsync(string? address = null, CancellationToken ct = default) =>
        new Foreigner(lab.Paths, lab.Inside).RemoveAsync(address is null ? null : Parsed(address), ct);

    /// <summary>Stops both replication threads, or one of them (<c>IO_THREAD</c>, <c>SQL_THREAD</c>).</summary>
    public Task StopReplicationAsync(string host, string thread = "", CancellationToken ct = default) => lab.Server(host).ExecuteAsync($"{lab.Plan.Server.StopReplication} {thread}", ct);

    public Task StartReplicationAsync(string host, CancellationToken ct = default) => LagAsync(host, 0, ct);

    /// <summary>Makes a replica apply everything this much late (MASTER_DELAY), so that its Seconds_Behind_Master grows; 0 ends it.</summary>
    public Task LagAsync(string host, int seconds, CancellationToken ct = default) =>
        lab.Server(host).ExecuteAsync($"{lab.Plan.Server.StopReplication}; {lab.Plan.Server.Delay(seconds)}; {lab.Plan.Server.StartReplication}", ct);

    private async Task StopAsync(string host, string program, int signal, CancellationToken ct)
    {
        Check(host, program);
        string key = LabPrograms.Key(host, program);
        await AskStopAsync(key, signal, ct);
        await WaitEndedAsync(key, ct);
    }

    private Task<IReadOnlyList<KeptState>> AskStopAsync(string key, int signal, CancellationToken ct) => lab.Keeper.AskAsync(new Request("stop", key, Signal: signal), ct);

    internal async Task WaitEndedAsync(string key, CancellationToken ct) =>
        await Wait.UntilAsync($"{key} has ended", TimeSpan.FromSeconds(30), async c => (await lab.ProcessesAsync(c)).All(p => p.Key != key || p.Pid == 0), TimeSpan.FromMilliseconds(5), ct: ct);

    private async Task SignalAsync(string host, string program, int signal, CancellationToken ct)
    {
        Check(host, program);
        await lab.Keeper.AskAsync(new Request("signal", LabPrograms.Key(host, program), Signal: signal), ct);
    }

    private async Task ApplyAsync(IReadOnlyList<Cut> cuts, CancellationToken ct)
    {
        Cuts.Write(lab.Paths, cuts);
        await Tool.RunOrThrowAsync([.. lab.Inside.OnSwitch, "nft", "-f", "-"], Cuts.Render(lab.Plan, cuts), ct: ct);
    }

    private Task<string> LinkAsync(LabHost host, bool up, CancellationToken ct) =>
        Tool.RunOrThrowAsync([.. lab.Inside.OnSwitch, "ip", "link", "set", host.Port, up ? "up" : "down"], ct: ct);

    private static IPAddress Parsed(string address) =>
        IPAddress.TryParse(address, out IPAddress? ip) ? ip : throw new LabException($"'{address}' is no IP address.");

    private LabHost Check(string host, string program)
    {
        LabHost h = lab.Plan[host];
        return LabPrograms.PossibleOn(lab.Plan, h).Contains(program)
            ? h
            : throw new LabException($"There is no {program} on '{host}'; it runs: {string.Join(", ", LabPrograms.PossibleOn(lab.Plan, h).DefaultIfEmpty("nothing"))}.");
    }
}
