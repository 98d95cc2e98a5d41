using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>What an operator must know, most urgent first. Whatever waits says here for whom, and what can be done. The agents' line is MMM's.</summary>
internal static class SnapshotWarnings
{
    public static ImmutableArray<string> Of(ClusterState state, string? trouble)
    {
        var w = ImmutableArray.CreateBuilder<string>();
        if (trouble is not null)
            w.Add(trouble);
        w.AddRange(state.Broken.Select(b => $"Internal rule broken, nothing is decided: {b}"));
        if (state.Document is null)
            w.Add("no decision has been read yet: the states and roles shown here are not known; hosts keep their addresses as long as their leases or the failsafe let them");
        else if (state.Blind)
        {
            var seeing = state.Vantages.Values.Where(v => QuorumVerdict.Counts(v, state)).Select(v => v.Report.Monitor).ToList();
            w.Add($"only {seeing.Count} of {state.Monitors} monitors ({(seeing.Count == 0 ? "none" : string.Join(", ", seeing))}) see the network; {state.Quorum} are needed, nothing is changed until then");
        }

        w.AddRange(state.Topology.Hosts.Keys.Where(state.AgentLost).Select(h => $"agent on host {h} is not reachable"));
        if (state.Document is { } d)
        {
            if (d.Move is { Trouble: not null } move)
                w.Add($"role {state.Writer} is held up: {Snapshots.SentenceOf(state, move)}{Hint(state, move)}");
            if (d.Move is { Phase: MovePhase.Approaching } approaching && Preflight.Of(state, approaching.To) is [{ } inTheWay, ..])
                w.Add($"role {state.Writer} goes to {approaching.To} once this has passed, within {(approaching.StartedAt + state.Settings.MoveTimeout - state.At).TotalSeconds:0} s (move_timeout): {inTheWay.Sentence}; 'move_role {state.Writer.Role} {approaching.From}' calls it off, 'move_role --force {state.Writer.Role} {approaching.To}' does not wait");
            if (d.Move is null && d.RetryMoveAfter > state.At && state.Topology.Roles[state.Writer.Role].Prefer is { } prefer && d.Slot(state.Writer).Owner != prefer)
            {
                w.Add($"role {state.Writer} is not moved to its preferred host {prefer} by itself for another {(d.RetryMoveAfter.Value - state.At).TotalSeconds:0} s, "
                    + $"as the last move was undone; 'move_role {state.Writer.Role} {prefer}' does it now");
            }

            if (WriterPlacement.WhyNotPreferred(state) is { } why)
                w.Add(why);
            w.AddRange(d.Slots.Select(s => OfRole(state, s)).OfType<string>());
            w.AddRange(AddressConflicts.Warnings(state));
            w.AddRange(SemiSyncWarnings.Of(state));
            // Where a server replicates from is in the middle of changing during every move; its checks tell when it stays wrong.
            w.AddRange(SetupRules.Of(state).Where(f => f.IsError && f.Code is not ("not_checked" or "replication")).Select(f => $"host {f.Host} {f.Sentence}; see 'mmm check-setup'"));
            foreach ((string host, HostRecord r) in d.Hosts)
                w.AddRange(OfHost(state, host, r));
        }

        foreach (VantageSight v in state.Vantages.Values.Where(v => !state.Agrees(v.Report.Fingerprint)))
            w.Add($"monitor {v.Report.Monitor} runs with a different configuration than {state.Coordinator}; its word does not count");
        w.AddRange(CertificateWarnings.Of(state));
        return w.ToImmutable();
    }

    private static string Hint(ClusterState state, RoleMove move)
    {
        string role = state.Writer.Role;
        return (move.Phase, move.Force) switch
        {
            // Nothing but the address is missing: force would not help.
            (MovePhase.TakingOver, false) when state.Sights[move.To].Agent?.Progress.Step == "add_address" => "",
            (MovePhase.TakingOver, false) => $"; 'move_role --force {role} {move.To}' goes on without what it could not apply",
            _ => "",
        };
    }

    private static string? OfRole(ClusterState state, RoleSlot slot)
    {
        if (slot.ReleasingFrom is { } from)
            return $"role {slot.Address} waits for host {from} to let go{(slot.Owner is { } next ? $", then goes to {next}" : "")}: {Release.Of(state, slot).Why}";
        if (slot.Owner is { } owner)
        {
            HostState s = state.Document!.Hosts[owner].State;
            return s == HostState.Online ? null : $"role {slot.Address} stays on host {owner}, which is {StateNames.NameOf(s)}, in {StateNames.NameOf(state.Document.Mode)} mode";
        }

        Role role = state.Topology.Roles[slot.Address.Role];
        var able = role.Hosts.Where(h => state.MayReceive(h) && !(slot.Address == state.Writer && DiskRules.Disqualifies(state, h))).ToList();
        if (able.Count > 0 && state.Document!.Mode != ClusterMode.Active)
            return $"role {slot.Address} is on no host; in {StateNames.NameOf(state.Document.Mode)} mode it is given to one by 'move_role {role.Name} HOST' only";
        return able.Count > 0
            ? $"role {slot.Address} is on no host"
            : $"role {slot.Address} is on no host, as none can carry it: {string.Join(", ", role.Hosts.Select(h => WhyNot(state, h)))}";
    }

    private static string WhyNot(ClusterState state, string host) =>
        state.Document!.Hosts[host].State is var s && s != HostState.Online ? $"{host} is {StateNames.NameOf(s)}"
        : !state.AgentReachable(host) ? $"the agent on {host} is not reachable"
        : $"on {host} {DiskRules.SentenceOf(DiskRules.Failing(state, host)!)}";

    private static IEnumerable<string> OfHost(ClusterState state, string host, HostRecord record)
    {
        if (record.Flapping)
            yield return $"host {host} is flapping; 'set_online {host}' clears it";
        else if (record.Rejoin is { Errant: { } errant })
            yield return $"host {host} has transactions that the active master lacks ({errant}), so it stays out; 'mmm explain {host}' says what can be done";
        else if (record.Rejoin is not null && state.PingAndMysqlOk(host) && Rejoin.Compare(state, host) is Rejoin.Outcome.NotYet n)
            yield return $"host {host} has failed as active master and stays out until it is compared with the present one: {n.Why}";
        else if (record.State == HostState.AwaitingRecovery && state.PingAndMysqlOk(host))
            yield return $"host {host} is up and waits; 'set_online {host}' takes it back";
        if (state.Sights[host].Checks[CheckKind.Mysql] is { Verdict: not CheckVerdict.Failed, Message: { Length: > 0 } said } && !said.StartsWith("Not checked", StringComparison.Ordinal))
            yield return $"host {host}: {said}";
        if (state.AgentLost(host) || state.Sights[host].Agent is not { } report)
            yield break;
        if (DiskRules.Failing(state, host) is { } disk)
            yield return $"host {host}: {DiskRules.SentenceOf(disk)}{Stays(state, host, record)}";
        if (report.Progress.Status == OrderStatus.Failed)
            yield return $"agent on host {host}: {report.Progress.Sentence ?? report.Progress.Step}";
        foreach (string warning in report.Progress.Warnings)
            yield return $"agent on host {host}: {warning}";
        if (!state.Agrees(report.Fingerprint))
            yield return $"agent on host {host} runs with a different configuration than {state.Coordinator}; for what it lets go of its lease's end is waited for";
    }

    private static string Stays(ClusterState state, string host, HostRecord record) =>
        record.State != HostState.HardOffline && DiskRules.Disqualifies(state, host) && DiskRules.NotSpared(state, host) is { } role ? $"; it keeps its roles, as no other host could carry role {role.Name}" : "";
}
