using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>
/// A first start over whatever runs (a hand-made set-up, MySQL-MMM itself, nothing): works out who has which role from what the
/// systems show, so that it is adopted without an outage. With stored decisions there is no vote: they are adopted.
/// MMM's weights: for the active master role writable 4, address present 2, each slave replicating from it 1; for other roles address present 4.
/// (MMM's votes for what its status file and its agents remember fall away: nothing is remembered at a first start.)
/// </summary>
public static class StartupVote
{
    private const int Writable = 4, WriterAddressPresent = 2, SlaveFollows = 1;

    /// <summary>Everything a vote could use is known, or startup_timeout has passed; never while too few monitors can see.</summary>
    public static bool Ready(ClusterState state)
    {
        if (state.Blind)
            return false;
        bool allKnown = state.Topology.Hosts.Keys.All(h =>
            state.AgentReachable(h) && state.Sights[h].Agent!.Facts.Mysqld != AgentProtocol.MysqldState.Unknown
            && CheckNames.All.All(k => state.Verdict(h, k) != CheckVerdict.Unknown));
        return allKnown || state.At - state.StartedAt >= state.Settings.StartupTimeout;
    }

    /// <summary>The first document.</summary>
    public static ClusterState Elect(ClusterState state)
    {
        ClusterTopology topology = state.Topology;
        var votes = topology.Roles[topology.ActiveMasterRole].Hosts
            .Where(h => state.Verdict(h, CheckKind.Ping) != CheckVerdict.Failed && state.Verdict(h, CheckKind.Mysql) != CheckVerdict.Failed)
            .Select(h => (Host: h, Votes: WriterVotes(state, h))).ToList();
        string? writer = votes.Where(v => v.Votes > 0).OrderByDescending(v => v.Votes).Select(v => v.Host).FirstOrDefault();
        string[] conflicting = [.. votes.Where(v => ShowsWriter(state, v.Host)).Select(v => v.Host)];
        bool passive = conflicting.Length > 1 && state.Settings.CarefulStartup;

        var hosts = topology.Hosts.Keys.ToImmutableSortedDictionary(h => h, h => FirstRecord(state, h, writer), StringComparer.Ordinal);
        ImmutableArray<RoleSlot> slots = [.. topology.Addresses.Select(a => FirstSlot(state, a, writer, hosts))];
        var document = new ClusterDocument(
            passive ? ClusterMode.Passive : state.Settings.InitialMode,
            passive ? ConflictText(state, votes) : state.Settings.InitialMode == ClusterMode.Passive ? "Configured to start up in passive mode." : null,
            hosts, slots,
            writer is null ? null : new MasterRecord(writer, state.At, null, new DecisionId(state.Epoch, state.Version + 1)),
            null, null, state.FirstVoters);
        state = state with { Document = document };
        return state.Noted("first_start", writer, writer is null
            ? "First start: no host shows the active master role"
            : $"First start: '{writer}' is adopted as the active master ({string.Join(", ", votes.Select(v => $"{v.Host}: {v.Votes} votes"))})");
    }

    /// <summary>Brings a stored document in line with the configuration: hosts and addresses that came or went with an edit of it.</summary>
    public static ClusterDocument Reconcile(ClusterDocument stored, ClusterTopology topology, DateTimeOffset at)
    {
        var hosts = topology.Hosts.Keys.ToImmutableSortedDictionary(h => h,
            h => stored.Hosts.TryGetValue(h, out HostRecord? r) ? r : new HostRecord(HostState.AwaitingRecovery, at, "new in the configuration", null, [], false),
            StringComparer.Ordinal);
        ImmutableArray<RoleSlot> slots = [.. topology.Addresses.Select(a =>
        {
            // An exclusive role whose address was edited stays where it is.
            RoleSlot? old = stored.Slots.FirstOrDefault(s => s.Address == a)
                ?? (topology.Roles[a.Role].Mode == RoleMode.Exclusive ? stored.Slots.FirstOrDefault(s => s.Address.Role == a.Role) : null);
            if (old is null)
                return new RoleSlot(a, null, null, null);
            old = old with { Address = a };
            if (old.Owner is { } o && !topology.MayCarry(a.Role, o))
                old = old.Taken(at);
            // One that is no longer configured has to let go all the same: its agent may show the address until its lease has run out.
            return old;
        })];
        MasterRecord? master = stored.ActiveMaster is { } m && topology.Hosts.ContainsKey(m.Host) ? m : null;
        RoleMove? move = stored.Move is { } mv && topology.MayBeActiveMaster(mv.To) && (mv.From is null || topology.Hosts.ContainsKey(mv.From)) ? mv : null;
        return stored with { Hosts = hosts, Slots = slots, ActiveMaster = master, Move = move };
    }

    private static int WriterVotes(ClusterState state, string host)
    {
        AgentProtocol.HostFacts? facts = state.Sights[host].Agent?.Facts;
        int votes = IsWritable(state, host) ? Writable : 0;
        if (facts is not null && facts.Addresses.Contains(state.Writer))
            votes += WriterAddressPresent;
        string ip = state.Topology.Hosts[host].Ip;
        return votes + (SlaveFollows * state.Topology.Hosts.Values.Count(h =>
            h.FollowsActiveMaster && h.Name != host && (state.Sights[h.Name].Agent?.Facts.Replication?.SourceIp ?? state.Sights[h.Name].Replication?.SourceIp) == ip));
    }

    private static bool ShowsWriter(ClusterState state, string host) =>
        IsWritable(state, host) || state.Sights[host].Agent?.Facts.Addresses.Contains(state.Writer) == true;

    /// <summary>As its agent says; where there is no agent (yet), or it cannot log in, as a monitor's probe says.</summary>
    private static bool IsWritable(ClusterState state, string host) =>
        state.Sights[host].Agent?.Facts is { } f && (f.ReadOnly is not null || f.Mysqld == AgentProtocol.MysqldState.Down)
            ? f.ReadOnly == false
            : state.Sights[host].Replication?.ReadOnly == false;

    private static HostRecord FirstRecord(ClusterState s, string host, string? writer)
    {
        HostRecord In(HostState state, string why, bool down = true) => new(state, s.At, why, down ? s.At : null, [], false);
        if (s.Verdict(host, CheckKind.Ping) == CheckVerdict.Failed || s.Verdict(host, CheckKind.Mysql) == CheckVerdict.Failed)
            return In(HostState.HardOffline, "down at the first start");
        bool up = s.PingAndMysqlOk(host);
        // What serves goes on serving: an unknown check (a login that is missing) takes nothing away.
        bool serves = host == writer || s.Sights[host].Agent?.Facts.Addresses.Any(a => s.Topology.MayCarry(a.Role, host)) == true;
        bool threadsFailed = s.Verdict(host, CheckKind.RepThreads) == CheckVerdict.Failed, backlogFailed = s.Verdict(host, CheckKind.RepBacklog) == CheckVerdict.Failed;
        // The active master goes on being it, whatever its own replication is like.
        if (host == writer || ((up || serves) && !threadsFailed && !backlogFailed))
            return In(HostState.Online, "first start", down: false);
        if (up && (writer is not null || !s.Topology.MayBeActiveMaster(host)))
            return In(threadsFailed ? HostState.ReplicationFail : HostState.ReplicationDelay, "first start");
        return In(HostState.AwaitingRecovery, "first start: its checks were not ok");
    }

    private static RoleSlot FirstSlot(ClusterState state, RoleAddress address, string? writer, ImmutableSortedDictionary<string, HostRecord> hosts)
    {
        var free = new RoleSlot(address, null, null, null);
        string[] showing = [.. state.Topology.Hosts.Keys.Where(h => state.Sights[h].Agent?.Facts.Addresses.Contains(address) == true)];
        string? owner = address == state.Writer ? writer : state.Topology.Roles[address.Role].Hosts.FirstOrDefault(h => showing.Contains(h));
        if (owner is not null && hosts[owner].State == HostState.Online)
            free = free with { Owner = owner };
        // Found on a host that is not to have it: that one lets go first.
        string? other = showing.FirstOrDefault(h => h != free.Owner);
        // Where the owner shows it already there is nothing to wait for: the others are told to drop it, the owner goes on.
        return other is null || (free.Owner is { } o && showing.Contains(o)) ? free : free with { ReleasingFrom = other, ReleasingSince = state.At };
    }

    private static string ConflictText(ClusterState state, IEnumerable<(string Host, int Votes)> votes) =>
        "Conflicting roles during startup:\n\n" + string.Join('\n', votes.Select(v =>
        {
            AgentProtocol.HostFacts? f = state.Sights[v.Host].Agent?.Facts;
            return $"{v.Host}: writable: {(IsWritable(state, v.Host) ? "yes" : "no")}, {state.Writer}: {(f?.Addresses.Contains(state.Writer) == true ? "present" : "absent")}, votes: {v.Votes}";
        })) + $"\n\nCheck which server has the data, then 'set_ip {state.Writer.Ip} HOST' and 'set_active'.";
}
