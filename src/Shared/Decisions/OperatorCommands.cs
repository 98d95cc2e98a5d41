using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Status;
using Mmm.Shared.Topology;

namespace Mmm.Shared.Decisions;

/// <summary>
/// The verbs that change something, with MySQL-MMM's guards in MMM's order and MMM's answers word for word (scripts parse them).
/// An answer that MMM does not have stands where MMM would have gone on without looking; a comment says so.
/// </summary>
public static partial class OperatorCommands
{
    /// <summary>Verb and number of arguments, <c>--force</c> aside.</summary>
    public static readonly ImmutableSortedDictionary<string, int> Verbs = new Dictionary<string, int>
    {
        ["set_online"] = 1,
        ["set_offline"] = 1,
        ["set_active"] = 0,
        ["set_manual"] = 0,
        ["set_passive"] = 0,
        ["move_role"] = 2,
        ["set_ip"] = 2,
        ["monitors"] = 2,
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Carries a command out; nothing is changed when the answer begins with ERROR.</summary>
    public static (ClusterState State, string Answer) Run(ClusterState state, string verb, ImmutableArray<string> arguments, string by)
    {
        if (MmmVerbs.Changes.Any(v => v.Name == verb && v.MayBeDryRun) && arguments is [MmmVerbs.DryRun, ..])
        {
            (ClusterState then, string would) = Run(state, verb, arguments[1..], by);
            return (state, MoveRehearsal.Of(state, then, would));
        }

        bool force = verb is "move_role" or "set_online" && arguments.Length > 0 && arguments[0] == "--force";
        ImmutableArray<string> args = force ? arguments[1..] : arguments;
        if (!Verbs.TryGetValue(verb, out int count) || args.Length != count)
            return (state, $"ERROR: Invalid command '{string.Join(' ', [verb, .. arguments])}'");
        if (state.Document is null)
            return (state, "ERROR: The cluster is starting up: its roles are not known yet. Please, wait some time.");
        // MMM's single monitor changes nothing without a network; ours needs a quorum that sees one.
        if (state.Blind && !verb.StartsWith("set_a", StringComparison.Ordinal) && verb is not ("set_manual" or "set_passive"))
            return (state, $"ERROR: Fewer than {state.Quorum} of {state.Monitors} monitors see the network at the moment. Nothing is changed. Please, wait some time.");
        return verb switch
        {
            "set_online" => SetOnline(state, args[0], force, by),
            "set_offline" => SetOffline(state, args[0], by),
            "set_active" => SetMode(state, ClusterMode.Active, "active", by),
            "set_manual" => SetMode(state, ClusterMode.Manual, "manual", by),
            "set_passive" => SetMode(state, ClusterMode.Passive, "passive", by),
            "monitors" => VotersChange.Run(state, args[0], args[1], by),
            "set_ip" => SetIp(state, args[0], args[1], by),
            _ => force ? ForceMoveRole(state, args[0], args[1], by) : MoveRole(state, args[0], args[1], by),
        };
    }

    private static (ClusterState, string) SetOnline(ClusterState s, string host, bool force, string by)
    {
        if (!s.Topology.Hosts.TryGetValue(host, out Host? h))
            return (s, $"ERROR: Unknown host name '{host}'!");
        HostState current = s.Document!.Hosts[host].State;
        if (current == HostState.Online)
            return (s, "OK: This host is already ONLINE. Skipping command.");
        if (current is not (HostState.AdminOffline or HostState.AwaitingRecovery))
            return (s, $"ERROR: Host '{host}' is '{StateNames.NameOf(current)}' at the moment. It can't be switched to ONLINE.");
        if (!s.PingAndMysqlOk(host))
            return (s, $"ERROR: Checks ping and/or mysql are not ok for host '{host}'. It can't be switched to ONLINE.");
        // Ours: it would be taken out again at once.
        if (DiskRules.KeepsOut(s, host) && DiskRules.Failing(s, host) is { } disk)
            return (s, $"ERROR: Host '{host}' can't be switched to ONLINE: {DiskRules.SentenceOf(disk)}.");
        // Ours: MMM lets them flow to everybody.
        if (s.Document.Hosts[host].Rejoin is { } rejoin && !force)
            return (s, NotCompared(s, host, rejoin));
        bool alone = s.Topology.IsOneOfMany(host);
        if (alone && s.Document.Hosts[host].Rejoin is { Errant: { } own } && !own.Contains(':', StringComparison.Ordinal))
            return (s, $"ERROR: Host '{host}' has transactions that the active master lacks ({own}), and a MariaDB cannot follow a master that lacks what it has. 'mmm explain {host}' says what can be done.");
        if (!force && h.Peer is { } peer && s.Document.Hosts[peer].State == HostState.Online
            && (s.Verdict(peer, CheckKind.RepThreads) != CheckVerdict.Ok || s.Verdict(peer, CheckKind.RepBacklog) != CheckVerdict.Ok))
            return (s, $"ERROR: Some replication checks failed on peer '{peer}'. We can't set '{host}' online now. Please, wait some time.");
        if (!s.AgentReachable(host))
            return (s, $"ERROR: Can't reach agent daemon on '{host}'! Can't switch its state!");
        string forced = s.Document.Hosts[host].Rejoin is null ? "" : alone ? "; what only it has stays there" : "; what only it has goes to the others";
        s = Rejoin.End(s.Deciding(d => d.With(host, FlapDetector.Cleared(d.Hosts[host]))), host)
            .Noted("admin_set_online", host, $"Admin changed state of '{host}' from {StateNames.NameOf(current)} to ONLINE ({by}){forced}");
        return (HostRules.Enter(s, host, HostState.Online, "set_online", "set_online"),
            $"OK: State of '{host}' changed to ONLINE. Now you can wait some time and check its new roles!");
    }

    private static string NotCompared(ClusterState s, string host, PendingRejoin rejoin) => (rejoin.Errant, Rejoin.Compare(s, host)) switch
    {
        (null, Rejoin.Outcome.NotYet n) => $"ERROR: Host '{host}' has failed as active master, and cannot be compared with the present one: {n.Why}. Please, wait some time, or take it back as it is with 'set_online --force {host}'.",
        (null, _) => $"ERROR: Host '{host}' has failed as active master, and is being compared with the present one. Please, wait some time.",
        ({ } errant, _) => $"ERROR: Host '{host}' has transactions that the active master lacks: {errant}. 'mmm explain {host}' says what can be done{(s.Topology.IsOneOfMany(host) ? "" : $"; 'set_online --force {host}' has them replicated to all the others")}.",
    };

    private static (ClusterState, string) SetMode(ClusterState s, ClusterMode mode, string name, string by)
    {
        ClusterMode current = s.Document!.Mode;
        if (current == mode || (mode == ClusterMode.Manual && current == ClusterMode.Wait))
            return (s, $"OK: Already in {name} mode.");
        // MMM answers when the running move is over, as it does one thing at a time. Frozen halfway nobody would be writable.
        if (mode == ClusterMode.Passive && s.Document.Move is { Trouble: null, Phase: not MovePhase.Approaching } m)
            return (s, $"ERROR: Role '{s.Writer.Role}' is being moved from '{m.From}' to '{m.To}' at the moment ({m.Phase}). Please, wait some time.");
        if (current == ClusterMode.Passive)
            s = WaitsBeginNow(s);
        if (mode == ClusterMode.Passive)
            s = WriterMove.CallOff(s, "set_passive");
        s = s.Deciding(d => d with { Mode = mode, ModeCause = mode == ClusterMode.Passive ? "Admin switched to passive mode." : null });
        return (s.Noted("admin_mode", null, $"Admin changed mode from '{StateNames.NameOf(current)}' to '{StateNames.NameOf(mode)}' ({by})"), $"OK: Switched into {name} mode.");
    }

    /// <summary>What was edited in PASSIVE is told to the agents only now: deadlines run from here.</summary>
    private static ClusterState WaitsBeginNow(ClusterState s) => s.Deciding(d => d with
    {
        Slots = [.. d.Slots.Select(x => x.ReleasingFrom is null ? x : x with { ReleasingSince = s.At })],
        Move = d.Move is { } m ? m with { StartedAt = s.At, PhaseSince = s.At } : null,
    });

    private static (ClusterState, string) SetIp(ClusterState s, string ip, string host, string by)
    {
        if (s.Document!.Mode != ClusterMode.Passive)
            return (s, "ERROR: This command is only allowed in passive mode");
        RoleSlot? slot = s.Document.Slots.FirstOrDefault(x => x.Address.Ip == ip);
        if (slot is null)
            return (s, $"ERROR: Unknown ip '{ip}'!");
        if (!s.Topology.Hosts.ContainsKey(host))
            return (s, $"ERROR: Unknown host name '{host}'!");
        string role = slot.Address.Role;
        if (!s.Topology.MayCarry(role, host))
            return (s, $"ERROR: Host '{host}' can't handle role '{role}'. Following hosts could: {string.Join(", ", s.Topology.Roles[role].Hosts)}");
        HostState state = s.Document.Hosts[host].State;
        if (state != HostState.Online)
            return (s, $"ERROR: Host '{host}' is '{StateNames.NameOf(state)}' at the moment. Can't move role with ip '{ip}' there.");
        s = s.Noted("admin_set_ip", host, $"Admin set role '{slot.Address}' to host '{host}' ({by})", slot.Owner == host ? null : GivenAtOnce(s, slot, host));
        string answer = $"OK: Set role '{slot.Address}' to host '{host}'.";
        if (slot.Owner == host)
            return (s, answer);
        // The edited role is moved, not just noted: PASSIVE holds the move back, leaving PASSIVE carries it out step by step.
        return (slot.Address == s.Writer ? WriterMove.Begin(s, host, MoveCause.Command, force: false, "set_ip") : s.Deciding(d => d.With(slot.GivenTo(host, s.At))), answer);
    }

    private static (ClusterState, string) MoveRole(ClusterState s, string role, string host, string by)
    {
        if (s.Document!.Mode == ClusterMode.Passive)
            return (s, "ERROR: This command is not allowed in passive mode");
        if (!s.Topology.Roles.TryGetValue(role, out Role? r))
            return (s, $"ERROR: Unknown role name '{role}'!");
        if (!s.Topology.Hosts.ContainsKey(host))
            return (s, $"ERROR: Unknown host name '{host}'!");
        if (r.Mode == RoleMode.Balanced)
            return (RemoveBalanced(s, role, host, by), $"OK: Balanced role {role} has been removed from host '{host}'. Now you can wait some time and check new roles info!");
        HostState state = s.Document.Hosts[host].State;
        if (state != HostState.Online)
            return (s, $"ERROR: Can't move role to host with state {StateNames.NameOf(state)}.");
        if (CannotHandle(r, host) is { } cannot)
            return (s, cannot);
        RoleSlot slot = s.Document.Slot(r.Addresses.First());
        if (slot.Owner == host && slot.Address == s.Writer && s.Document.Move is { Phase: MovePhase.Approaching } waiting)
            return (WriterMove.CallOff(s, $"move_role ({by})"), $"OK: Role is on '{host}' already. The move to '{waiting.To}', which has been waiting, is called off.");
        if (slot.Owner == host)
            return (s, $"OK: Role is on '{host}' already. Skipping command.");
        if (!s.AgentReachable(host))
            return (s, $"ERROR: Can't reach agent daemon on '{host}'! Can't move roles there!");
        if (s.Document.Mode == ClusterMode.Active && r.Prefer is { } prefer && slot.Owner == prefer)
            return (s, $"ERROR: Role '{role}' is assigned to preferred host '{prefer}'. Can't move it!");
        if (MoveRuns(s, slot, host) is { } running)
            return (s, running);
        if (CannotTakeOver(s, slot, host) is { } no)
            return (s, no);
        string old = slot.Owner ?? "";
        s = s.Noted("admin_move_role", host, $"Admin moved role '{role}' from '{old}' to '{host}' ({by})", GivenAtOnce(s, slot, host));
        s = slot.Address == s.Writer ? WriterMove.BeginPlanned(s, host, "move_role") : s.Deciding(d => d.With(slot.GivenTo(host, s.At)));
        if (Waits(s) is { Length: > 0 } waits)
            return (s, $"OK: Role '{role}' is to be moved from '{old}' to '{host}'.{waits}");
        return (s, $"OK: Role '{role}' has been moved from '{old}' to '{host}'. Now you can wait some time and check new roles info!");
    }

    private static (ClusterState, string) ForceMoveRole(ClusterState s, string role, string host, string by)
    {
        if (s.Document!.Mode == ClusterMode.Passive)
            return (s, "ERROR: This command is not allowed in passive mode");
        if (!s.Topology.Roles.TryGetValue(role, out Role? r))
            return (s, $"ERROR: Unknown role name '{role}'!");
        if (!s.Topology.Hosts.ContainsKey(host))
            return (s, $"ERROR: Unknown host name '{host}'!");
        if (role != s.Topology.ActiveMasterRole)
            return (s, "ERROR: move_role --forced may be used for the active master role only!");
        RoleSlot slot = s.Document.Slot(s.Writer);
        string old = slot.Owner ?? slot.ReleasingFrom ?? "";
        string done = $"OK: Role '{role}' has been moved from '{old}' to '{host}' enforcedly. Now you can wait some time and check new roles info!";
        // Ours: a takeover that waits for a catch-up that cannot succeed is forced on, with what has been applied so far.
        if (s.Document.Move is { Force: false, Phase: MovePhase.Releasing or MovePhase.TakingOver } move && move.To == host)
        {
            s = s.Deciding(d => d with { Move = move with { Force = true } });
            return (s.Noted("admin_force", host, $"Admin forced the running move of role '{role}' to '{host}' ({by}): what it could not apply is lost"), done.Replace($"from '{old}'", $"from '{move.From}'", StringComparison.Ordinal));
        }

        // Ours: a planned move that waits for its candidate waits no longer. Nothing is given up by that: it catches up as ever, or is undone.
        if (s.Document.Move is { Phase: MovePhase.Approaching } waiting && waiting.To == host)
        {
            s = s.Noted("admin_force", host, $"Admin had the move of role '{role}' to '{host}' begin without waiting ({by})");
            return (WriterMove.Begin(s, host, waiting.Cause, force: false, "move_role --force", waiting.ThenOffline), done);
        }

        HostState state = s.Document.Hosts[host].State;
        if (state is not (HostState.ReplicationFail or HostState.ReplicationDelay))
            return (s, $"ERROR: Can't force move of role to host with state {StateNames.NameOf(state)}.");
        if (CannotHandle(r, host) is { } cannot)
            return (s, cannot);
        if (slot.Owner == host)
            return (s, $"OK: Role is on '{host}' already. Skipping command.");
        if (!s.AgentReachable(host))
            return (s, $"ERROR: Can't reach agent daemon on '{host}'! Can't move roles there!");
        if (MoveRuns(s, slot, host) is { } running)
            return (s, running);
        s = s.Noted("admin_force", host, $"Admin forced move of role '{role}' from '{old}' to '{host}' ({by})");
        s = HostRules.Enter(s, host, HostState.Online, "move_role_force", "because of move_role --force");
        s = WriterMove.Begin(s, host, MoveCause.Command, force: true, "move_role --force");
        if (slot.Owner is { } oldOwner && s.Document!.Hosts[oldOwner].State == HostState.Online)
        {
            bool fail = s.Verdict(oldOwner, CheckKind.RepThreads) == CheckVerdict.Failed;
            bool delay = s.Verdict(oldOwner, CheckKind.RepBacklog) == CheckVerdict.Failed;
            if (fail || delay)
                s = HostRules.Enter(s, oldOwner, fail ? HostState.ReplicationFail : HostState.ReplicationDelay, "move_role_force", "because of move_role --force");
        }

        return (s, done);
    }

    /// <summary>Null for the active master role, whose move has notes of its own.</summary>
    private static NoteAbout? GivenAtOnce(ClusterState s, RoleSlot slot, string host) => slot.Address == s.Writer ? null : new NoteAbout(slot.Owner, host, slot.Address);

    private static ClusterState RemoveBalanced(ClusterState s, string role, string host, string by)
    {
        s = s.Noted("admin_move_role", host, $"Admin removed balanced role '{role}' from host '{host}' ({by})");
        foreach (RoleSlot slot in s.Document!.Slots.Where(x => x.Address.Role == role && x.Owner == host))
            s = RoleDistribution.Take(s, slot, "move_role");
        return s;
    }

    private static string? CannotHandle(Role role, string host) =>
        role.Hosts.Contains(host) ? null : $"ERROR: Host '{host}' can't handle role '{role.Name}'. Only following hosts could: {string.Join(", ", role.Hosts)}";

    /// <summary>Ours: where MMM would take the role from its holder without looking whether the next one can show it.</summary>
    private static string? CannotTakeOver(ClusterState s, RoleSlot slot, string host)
    {
        if (s.QuietFor(host) is { Ticks: > 0 } quiet)
            return $"ERROR: The agent on '{host}' has just started, and takes no role over for {quiet.TotalSeconds:0.0} s: it may have promised it to another host before. Please, wait some time.";
        if (!s.TakeAnyway && slot.Holder is not null && AddressConflicts.ForeignMac(s, slot.Address) is { } mac)
            return $"ERROR: A machine that is no host of this cluster answers for {slot.Address} (MAC {mac}), so '{host}' would not show it. Take the address off that machine first!";
        return slot.Address == s.Writer && Preflight.Of(s, host) is [{ Passes: false, Sentence: var sentence }, ..]
            ? $"ERROR: Role '{slot.Address.Role}' would not come up on '{host}', so nothing is changed: {sentence}" : null;
    }

    private static string Waits(ClusterState s) => s.Document!.Move is { Phase: MovePhase.Approaching } move && Preflight.Of(s, move.To) is [{ } inTheWay, ..]
        ? $" It waits for {s.Settings.MoveTimeout.TotalSeconds:0} s at most (move_timeout), with writes going on, as {inTheWay.Sentence}." : "";

    // Ours: MMM moves one role at a time because it blocks; we answer instead. A move that is held up may be given another aim, and any be called back.
    private static string? MoveRuns(ClusterState s, RoleSlot slot, string host) =>
        slot.Address == s.Writer && s.Document!.Move is { Trouble: null, Phase: not MovePhase.Approaching } m && host != m.From
            ? $"ERROR: Role '{slot.Address.Role}' is being moved from '{m.From}' to '{m.To}' at the moment ({m.Phase}). Please, wait some time, or force it with 'move_role --force {slot.Address.Role} {m.To}'."
            : null;
}
