using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;
using static Mmm.Shared.Messages.StatusProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>The published picture of a state.</summary>
public static class Snapshots
{
    /// <param name="state">To show.</param>
    /// <param name="seq">Counts up within one coordinator's reign.</param>
    /// <param name="trouble">What keeps the coordinator from serving; null = it serves.</param>
    public static ClusterSnapshot Of(ClusterState state, long seq, string? trouble)
    {
        ClusterTopology topology = state.Topology;
        ClusterDocument? d = state.Document;
        string phase = trouble is not null || (d is not null && state.Blind) ? "no_quorum" : d is null ? "starting" : "serving";
        return new ClusterSnapshot(
            topology.Name, state.Coordinator, new DecisionId(state.Epoch, state.Version), seq, state.At, phase,
            StateNames.NameOf(d?.Mode ?? state.Settings.InitialMode),
            [.. topology.Hosts.Values.Select(h => ViewOf(state, h))],
            [.. topology.Addresses.Select(a => RoleOf(state, a))],
            topology.ActiveMasterRole,
            d?.ActiveMaster?.Host,
            d?.Move is { } m ? new MoveView(topology.ActiveMasterRole, m.From, m.To, PhaseName(m.Phase), m.Cause.ToString().ToLowerInvariant(), m.StartedAt, SentenceOf(m)) : null,
            Warnings(state, trouble),
            [.. state.Notes.Select(n => new NoteView(n.At, n.Code, n.Host, n.Sentence))],
            d?.ModeCause);
    }

    private static HostView ViewOf(ClusterState state, Host host)
    {
        HostRecord? r = state.Document?.Hosts[host.Name];
        HostSight sight = state.Sights[host.Name];
        return new HostView(
            host.Name, host.Ip, host.Mode == HostMode.Master ? "master" : "slave",
            StateNames.NameOf(r?.State ?? HostState.AwaitingRecovery), r?.Since ?? state.StartedAt, r?.Reason ?? "the cluster is starting up", r?.Flapping ?? false,
            state.AgentReachable(host.Name), sight.Agent,
            [.. CheckNames.All.Select(k => ViewOf(k, sight.Checks[k]))],
            sight.Replication?.SecondsBehind);
    }

    private static CheckView ViewOf(CheckKind kind, CheckState c) =>
        new(CheckNames.NameOf(kind), c.Verdict switch { CheckVerdict.Ok => "OK", CheckVerdict.Failed => "ERROR", _ => "UNKNOWN" }, c.Since, c.Message);

    private static RoleView RoleOf(ClusterState state, RoleAddress address)
    {
        RoleSlot? slot = state.Document?.Slot(address);
        return new RoleView(address, slot?.Owner, slot?.ReleasingFrom, state.Topology.Roles[address.Role].Prefer);
    }

    private static string PhaseName(MovePhase phase) => phase switch
    {
        MovePhase.Releasing => "releasing",
        MovePhase.TakingOver => "taking_over",
        _ => "rolling_back",
    };

    private static string SentenceOf(RoleMove m)
    {
        string what = m.Phase switch
        {
            MovePhase.Releasing => $"waiting for '{m.From}' to let go",
            MovePhase.TakingOver => $"'{m.To}' is catching up and taking over",
            _ => $"'{m.To}' gives the role back to '{m.From}'",
        };
        return m.Trouble is null ? what : $"{what}; {m.Trouble}";
    }

    /// <summary>What an operator must know, most urgent first. The agents' line is MMM's.</summary>
    private static ImmutableArray<string> Warnings(ClusterState state, string? trouble)
    {
        var w = ImmutableArray.CreateBuilder<string>();
        if (trouble is not null)
            w.Add(trouble);
        w.AddRange(state.Broken.Select(b => $"Internal rule broken, nothing is decided: {b}"));
        if (state.Blind)
        {
            var seeing = state.Vantages.Values.Where(v => QuorumVerdict.Counts(v, state)).Select(v => v.Report.Monitor).ToList();
            w.Add($"only {seeing.Count} of {state.Monitors} monitors ({(seeing.Count == 0 ? "none" : string.Join(", ", seeing))}) see the network; {state.Quorum} are needed, nothing is changed until then");
        }

        foreach (Host host in state.Topology.Hosts.Values.Where(h => !state.AgentReachable(h.Name)))
            w.Add($"agent on host {host.Name} is not reachable");
        if (state.Document is { } d)
        {
            foreach (RoleSlot slot in d.Slots.Where(s => s.Holder is null))
                w.Add(slot.Owner is null ? $"role {slot.Address} is on no host" : $"role {slot.Address} waits for host {slot.ReleasingFrom} to let go, then goes to {slot.Owner}");
            foreach ((string host, HostRecord r) in d.Hosts.Where(h => h.Value.Flapping))
                w.Add($"host {host} is flapping; 'set_online {host}' clears it");
            foreach (string host in state.Topology.Hosts.Keys)
                w.AddRange(AgentWarnings(state, host));
        }

        foreach (VantageSight v in state.Vantages.Values.Where(v => Differs(v.Report.Fingerprint, state.Fingerprint)))
            w.Add($"monitor {v.Report.Monitor} runs with a different configuration than {state.Coordinator}; its word does not count");
        return w.ToImmutable();
    }

    private static IEnumerable<string> AgentWarnings(ClusterState state, string host)
    {
        if (!state.AgentReachable(host) || state.Sights[host].Agent is not { } report)
            yield break;
        if (report.Progress.Status == OrderStatus.Failed)
            yield return $"agent on host {host}: {report.Progress.Sentence ?? report.Progress.Step}";
        foreach (string warning in report.Progress.Warnings)
            yield return $"agent on host {host}: {warning}";
        if (Differs(report.Fingerprint, state.Fingerprint))
            yield return $"agent on host {host} runs with a different configuration than {state.Coordinator}";
    }

    private static bool Differs(string? theirs, string? ours) => theirs is not null && ours is not null && theirs != ours;
}
