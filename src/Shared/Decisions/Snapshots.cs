using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
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
            d?.Move is { } m ? new MoveView(topology.ActiveMasterRole, m.From, m.To, PhaseName(m.Phase), m.Cause.ToString().ToLowerInvariant(), m.StartedAt, SentenceOf(state, m)) : null,
            SnapshotWarnings.Of(state, trouble),
            [.. state.Notes.Select(n => new NoteView(n.At, n.Code, n.Host, n.Sentence))],
            d?.ModeCause,
            d is null ? [] : SetupRules.Of(state),
            RoleExplanation.All(state));
    }

    private static HostView ViewOf(ClusterState state, Host host)
    {
        HostRecord? r = state.Document?.Hosts[host.Name];
        HostSight sight = state.Sights[host.Name];
        return new HostView(
            host.Name, host.Ip, host.Mode == HostMode.Master ? "master" : "slave",
            StateNames.NameOf(r?.State ?? HostState.AwaitingRecovery), r?.Since ?? state.StartedAt, r?.Reason ?? "the cluster is starting up", r?.Flapping ?? false,
            !state.AgentLost(host.Name), sight.Agent,
            [.. CheckNames.All.Select(k => ViewOf(k, sight.Checks[k]))],
            sight.Replication?.SecondsBehind,
            HostExplanation.Of(state, host.Name));
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
        MovePhase.Approaching => "approaching",
        MovePhase.Releasing => "releasing",
        MovePhase.TakingOver => "taking_over",
        _ => "rolling_back",
    };

    internal static string SentenceOf(ClusterState state, RoleMove m)
    {
        string what = m.Phase switch
        {
            MovePhase.Approaching => $"waiting, with writes going on, for what is in the way: {(Preflight.Of(state, m.To) is [{ } inTheWay, ..] ? inTheWay.Sentence : "nothing any more")}",
            MovePhase.Releasing => $"waiting for '{m.From}' to let go",
            MovePhase.TakingOver => $"'{m.To}' is catching up and taking over",
            _ => $"'{m.To}' gives the role back to '{m.From}'",
        };
        return m.Trouble is null ? what : $"{what}; {m.Trouble}";
    }
}
