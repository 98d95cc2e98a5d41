using System.Collections.Immutable;
using System.Globalization;
using Mmm.Shared.Checks;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>Why a host is as it is, what it waits for and what an operator can do: what <c>mmm explain HOST</c> prints, a sentence per line; a line that begins with a blank belongs to the one before.</summary>
public static class HostExplanation
{
    public static ImmutableArray<string> Of(ClusterState state, string host)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        if (state.Document is not { } document)
            return ["The cluster is starting up: nothing has been decided about it yet."];
        HostRecord record = document.Hosts[host];
        var context = new HostContext(state, host, document.Slot(state.Writer));
        lines.Add($"{host} has been {StateNames.NameOf(record.State)} since {record.Since:yyyy-MM-dd HH:mm:ss} UTC: {record.Reason}.");
        if (document.Mode == ClusterMode.Passive)
            lines.Add("Mode PASSIVE: nothing is changed by itself; 'set_active' or 'set_manual' ends that.");
        lines.AddRange(ChecksOf(state, host));
        lines.AddRange(AgentOf(state, host));
        lines.AddRange(record.Rejoin is { } rejoin ? RejoinOf(state, host, rejoin) : ReturnOf(context, state.Topology.ActiveMasterRole));
        lines.AddRange(RolesOf(state, host, context));
        return lines.ToImmutable();
    }

    private static IEnumerable<string> ChecksOf(ClusterState state, string host)
    {
        foreach (CheckKind kind in CheckNames.All)
        {
            CheckState check = state.Sights[host].Checks[kind];
            string? votes = kind is CheckKind.Ping or CheckKind.Mysql ? MonitorVotes.Of(state, host, kind) : null;
            if (check.Verdict != CheckVerdict.Ok)
                yield return $"Check {CheckNames.NameOf(kind)} is {(check.Verdict == CheckVerdict.Failed ? "not OK" : "unknown")} since {check.Since:yyyy-MM-dd HH:mm:ss} UTC: {check.Message.ReplaceLineEndings(" ")}";
            else if (votes is not null)
                yield return $"Check {CheckNames.NameOf(kind)} is OK, though not all monitors say so.";
            if (votes is not null)
                yield return $"  {votes}; what {state.Quorum} of {state.Monitors} see at the same moment counts.";
        }
    }

    private static IEnumerable<string> AgentOf(ClusterState state, string host)
    {
        if (!state.AgentReachable(host) || state.Sights[host].Agent is not { } report)
        {
            yield return $"The agent on {host} is not reachable: it can be given no role until then. Start mmm-agent there, or see what is between it and the monitors.";
            yield break;
        }

        if (report.Progress.Status == OrderStatus.Failed)
            yield return $"Its agent cannot do what it shall: {report.Progress.Sentence ?? report.Progress.Step}. It tries again every second.";
        foreach (string warning in report.Progress.Warnings)
            yield return $"Its agent warns: {warning}.";
        if (report.Facts.Disk is { } disk)
            yield return DiskOf(state, host, disk);
        if (report.Lease?.Trouble is { } trouble)
            yield return $"Something that it shall show is not shown: {trouble}.";
        if (state.QuietFor(host) is { Ticks: > 0 } quiet)
            yield return $"Its agent has just started, and takes no exclusive role over for {quiet.TotalSeconds:0.0} s.";
    }

    private static string DiskOf(ClusterState state, string host, DiskFacts disk)
    {
        if (disk.State == DiskState.Unknown)
            return $"Whether the disk with {disk.Folder} can be written is not known: {disk.Message}.";
        if (DiskRules.Failing(state, host) is null)
            return $"The disk with {disk.Folder} is written without trouble{(disk.FreeBytes is { } free ? string.Create(CultureInfo.InvariantCulture, $"; {free / 1048576} MiB are free there") : "")}.";
        string sentence = DiskRules.SentenceOf(disk);
        string then = !DiskRules.Disqualifies(state, host) ? "By the configuration that is only said (disk { … })"
            : DiskRules.NotSpared(state, host) is { } role ? $"It is not taken out, as no other host could carry role {role.Name}"
            : "It is out until that is over, as others can do its work";
        return $"{char.ToUpperInvariant(sentence[0])}{sentence[1..]}. {then}.";
    }

    private static IEnumerable<string> RejoinOf(ClusterState state, string host, PendingRejoin rejoin)
    {
        string master = state.Document!.ActiveMaster?.Host ?? "(none)";
        yield return $"It failed as active master, and {master} took over without proof that it had received everything. Until both are compared, nothing of {host} is replicated to anybody, and it replicates from nobody.";
        if (rejoin.Errant is not { } errant)
        {
            yield return Rejoin.Compare(state, host) is Rejoin.Outcome.NotYet n
                ? $"They are not compared yet: {n.Why}. 'mmm set_online --force {host}' takes it back without that, once it is up."
                : "They are compared as soon as its agent reports what it has.";
            yield break;
        }

        bool positions = rejoin.Check is not null, mysql = positions || errant.Contains(':', StringComparison.Ordinal);
        yield return $"It has transactions that {master} lacks: {errant}";
        yield return positions ? $"  To see them, on {host}: mysqlbinlog --verbose --start-position=POSITION BINLOG-FILE…"
            : mysql
            ? $"  To see them, on {host}: mysqlbinlog --verbose --include-gtids='{errant}' BINLOG-FILE…"
            : $"  To see them, on {host}: mariadb-binlog --verbose BINLOG-FILE…, and look for these GTIDs";
        yield return "What can be done:";
        if (!state.Topology.IsOneOfMany(host))
            yield return $"  - Have everybody get them: mmm set_online --force {host}. Where one contradicts what was written since, replication stops with an error.";
        else if (mysql)
            yield return $"  - Leave them on it alone: mmm set_online --force {host}. Should {host} become the active master again, all the others get them; before that, any other master takes over first.";
        yield return $"  - Throw them away: set {host} up anew from {master} ({(mysql ? "CLONE INSTANCE, or a backup" : "mariadb-backup")}){(positions ? $", and point {master} at it anew, at the end of its new binary log" : "")}. It is compared again by itself, and then comes back.";
        if (mysql && !positions)
        {
            yield return $"  - Declare them known, after what is worth keeping was copied by hand: on {master}, for each of them, SET gtid_next='UUID:N'; BEGIN; COMMIT; and at last SET gtid_next='AUTOMATIC'. "
                + $"{host} keeps its rows then; it comes back by itself.";
        }

        if (LastOne(state, host))
            yield return $"While it stays out, no other host could take over from {master}.";
    }

    private static IEnumerable<string> ReturnOf(HostContext c, string writer)
    {
        string host = c.Host.Name;
        switch (c.Record.State)
        {
            case HostState.AdminOffline:
                yield return $"An operator took it out; 'mmm set_online {host}' takes it back.";
                break;
            case HostState.HardOffline:
                yield return c.DiskKeepsOut ? "It leaves that state as soon as its disk can be written." : "It leaves that state as soon as ping and mysql are OK.";
                break;
            case HostState.ReplicationFail or HostState.ReplicationDelay:
                yield return $"It comes back by itself once its replication from {c.Peer ?? "its source"} is OK.";
                if (c.CanBeActiveMaster)
                    yield return $"  'mmm move_role --force {writer} {host}' makes it the active master as it is; what it has not applied is lost.";
                break;
            case HostState.AwaitingRecovery:
                foreach (string line in RecoveryOf(c))
                    yield return line;
                break;
        }

        if (c.Record.Flapping)
            yield return $"It is flapping: it left ONLINE more than {c.Settings.FlapCount} times within {c.Settings.FlapDuration.TotalSeconds:0} s (flap_count, flap_duration). 'mmm set_online {host}' clears it.";
    }

    private static IEnumerable<string> RecoveryOf(HostContext c)
    {
        string host = c.Host.Name;
        yield return $"'mmm set_online {host}' takes it back.";
        if (!c.ChecksOk)
            yield return "It does not come back by itself before all its checks are OK.";
        else if (c.Record.Flapping)
            yield return c.Settings.AutoSetOnline > TimeSpan.Zero
                ? $"By itself it comes back after {(c.Settings.FlapDuration - c.InState).TotalSeconds:0} s more without failure (flap_duration)."
                : "By itself it does not come back: auto_set_online is 0.";
        else if (c.Settings.AutoSetOnline > TimeSpan.Zero)
            yield return $"By itself it comes back in {Math.Max(0, (c.Settings.AutoSetOnline - c.InState).TotalSeconds):0} s (auto_set_online).";
        else
            yield return $"By itself it does not come back: auto_set_online is 0, and it {(c.DownFor < c.Settings.QuickRecovery ? "may have been rebooted" : $"was down for {c.Settings.QuickRecovery.TotalSeconds:0} s or longer")}.";
    }

    private static IEnumerable<string> RolesOf(ClusterState state, string host, HostContext context)
    {
        ImmutableArray<RoleSlot> slots = state.Document!.Slots;
        RoleSlot[] owned = [.. slots.Where(s => s.Owner == host)];
        if (owned.Length > 0)
            yield return $"It has {string.Join(", ", owned.Select(s => s.Address + (s.ReleasingFrom is null ? "" : $" (waits for {s.ReleasingFrom} to let go)")))}.";
        if (owned.Length > 0)
            yield return "  " + RoleExplanation.LeaseOf(state, host);
        if (owned.Any(s => s.Address == state.Writer))
            yield return NextOf(state, host);
        foreach (RoleSlot slot in slots.Where(s => s.ReleasingFrom == host))
            yield return $"It shall let go of {slot.Address}: {Release.Of(state, slot).Why}.";
        if (owned.Length == 0)
            yield return context.Record.State == HostState.Online ? "It has no roles." : "It has no roles: only an ONLINE host may have any.";
    }

    private static string NextOf(ClusterState state, string host)
    {
        ImmutableArray<Candidates.Candidate> next = Candidates.Of(state, host);
        return next.IsEmpty ? "If it failed now, nobody could take over."
            : $"If it failed now, {next[0].Host} would take over{(Candidates.WhyFirst(next) is { } why ? $": {why}" : "")}.";
    }

    private static bool LastOne(ClusterState state, string host) =>
        !state.Topology.Roles[state.Topology.ActiveMasterRole].Hosts.Any(h => h != host && h != state.Document!.ActiveMaster?.Host && state.MayReceive(h));
}
