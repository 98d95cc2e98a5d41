using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Status;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>The decision core of one MMM cluster: a pure function from a state and an event to the next state and what is to be done.</summary>
public static class ClusterTransition
{
    /// <summary>An order that an agent has not taken up is sent again after this long.</summary>
    private static readonly TimeSpan ResendAfter = TimeSpan.FromSeconds(1);

    /// <summary>The agent of a host that must let go of something and cannot be reached is sent its order through the others this often.</summary>
    private static readonly TimeSpan RelayAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>An order that an agent has not taken up for so long, although it is heard, is sent through the other agents as well.</summary>
    private static readonly TimeSpan DeafAfter = TimeSpan.FromSeconds(3);

    /// <summary>The state a coordinator begins with, once the ledger is open.</summary>
    /// <param name="cluster">Settings of the MMM cluster.</param>
    /// <param name="configured">Names of the monitors this node is configured with.</param>
    /// <param name="voters">Those whose word counts by the stored document; at a first start the configured ones.</param>
    /// <param name="coordinator">This node's configured name.</param>
    /// <param name="fingerprint">Of this node's settings.</param>
    /// <param name="opened">Epoch of this reign and the version of the stored document.</param>
    /// <param name="stored">The stored document; null at a first start.</param>
    /// <param name="at">Now.</param>
    public static ClusterState Begin(
        ClusterSettings cluster, ImmutableArray<string> configured, Voters voters, string coordinator, string? fingerprint, DecisionId opened, ClusterDocument? stored, DateTimeOffset at)
    {
        // A clock behind the last coordinator's must not make durations negative, nor stop time until it has caught up.
        DateTimeOffset latest = stored is null ? at : TimesIn(stored).Append(at).Max();
        ClusterDocument? document = stored is null ? null : StartupVote.Reconcile(stored, cluster.Topology, latest) with { Voters = voters };
        return new ClusterState
        {
            Topology = cluster.Topology,
            Writer = cluster.Topology.WriterAddress,
            Settings = cluster.Decisions,
            SemiSync = cluster.SemiSync,
            MaxBacklog = cluster.MaxBacklog,
            Checks = cluster.Checks,
            Configured = configured,
            FirstVoters = voters,
            TakeAnyway = cluster.Addresses.TakeAnyway,
            Coordinator = coordinator,
            Fingerprint = fingerprint,
            Epoch = opened.Epoch,
            Version = opened.Version,
            Document = document,
            Reconciled = document is not null && !document.SameAs(stored!),
            StartedAt = latest,
            WatchingSince = latest,
            ClockBehind = latest - at,
            At = latest,
            Sights = cluster.Topology.Hosts.Keys.ToImmutableSortedDictionary(h => h, _ => HostSight.None(latest), StringComparer.Ordinal),
        };
    }

    public static StepResult Step(ClusterState state, ClusterEvent e)
    {
        ClusterState before = state;
        DateTimeOffset at = e.At + state.ClockBehind;
        state = state with { At = at > state.At ? at : state.At };
        var effects = ImmutableArray.CreateBuilder<Effect>();
        string? answer = null;

        state = Absorb(VotersChange.Settle(state), e, effects);
        state = Watch(before, QuorumVerdict.Judge(state));
        if (e is CommandGiven { Command: var command })
        {
            if (before.Answered.FirstOrDefault(a => a.Command.Id == command.Id) is { } given)
                return new StepResult(state, [new GiveAnswer(given.AgainTo(command))]);
            (state, answer) = Run(state, command);
        }

        state = Decide(state);
        return Finish(before, state, e, answer, effects);
    }

    /// <summary>Every command leaves a note, whatever came of it, but what was only asked for its steps.</summary>
    private static (ClusterState State, string Answer) Run(ClusterState state, ControlProtocol.Command command)
    {
        long notes = state.NotesMade;
        (state, string answer) = OperatorCommands.Run(state, command.Verb, command.Arguments, command.By);
        if (command.Arguments.Contains(MmmVerbs.DryRun))
            return (state, answer);
        string said = $"'{string.Join(' ', command.Arguments.Prepend(command.Verb))}' ({command.By}): {answer.ReplaceLineEndings(" ")}";
        if (answer.StartsWith("ERROR", StringComparison.Ordinal))
            state = state.Noted("admin_refused", null, $"Refused {said}");
        else if (state.NotesMade == notes)
            state = state.Noted("admin_command", null, $"Nothing to do for {said}");
        return (state.OrderedBy(notes, command.Id), answer);
    }

    /// <summary>Every time of the past that is recorded in a document.</summary>
    private static IEnumerable<DateTimeOffset> TimesIn(ClusterDocument d) =>
        d.Hosts.Values.SelectMany(h => new[] { h.Since, h.DownSince }).Concat(d.Slots.Select(s => s.ReleasingSince))
            .Append(d.ActiveMaster?.Since).Append(d.Move?.StartedAt).Append(d.Move?.PhaseSince)
            .OfType<DateTimeOffset>();

    /// <summary>Notices that this coordinator was paused or blind, and agents that fell silent.</summary>
    private static ClusterState Watch(ClusterState before, ClusterState state)
    {
        if (state.At - before.At > state.Settings.SightTimeout || (before.Blind && !state.Blind))
            state = state with { WatchingSince = state.At };
        foreach (string host in state.Topology.Hosts.Keys.Where(h => before.AgentReachable(h) && !state.AgentReachable(h)))
            state = state.Noted("agent_lost", host, $"Can't reach agent on host '{host}'");
        return state;
    }

    /// <summary>Takes in what was seen; decides nothing.</summary>
    private static ClusterState Absorb(ClusterState state, ClusterEvent e, ImmutableArray<Effect>.Builder effects)
    {
        switch (e)
        {
            case VantageReported { Report: var r }:
                bool known = state.Vantages.TryGetValue(r.Monitor, out VantageSight? v);
                // A process whose machine's clock was set back begins with a lower incarnation: it is believed once the old one is silent.
                if (known && (v!.Report.Incarnation, v.Report.Seq).CompareTo((r.Incarnation, r.Seq)) >= 0
                    && (v.Report.Incarnation == r.Incarnation || state.At - v.ReceivedAt <= state.Settings.SightTimeout))
                    return state;
                DateTimeOffset? sound = known && !v!.Report.NetworkOk && r.NetworkOk ? state.At : v?.SoundSince;
                return state with { Vantages = state.Vantages.SetItem(r.Monitor, new VantageSight(r, state.At, sound)) };
            case ReplicationSeen { Sight: var s } when state.Sights.TryGetValue(s.Host, out HostSight? host):
                return state with { Sights = state.Sights.SetItem(s.Host, host with { Replication = s, ReplicationAt = state.At }) };
            case AgentReported { Report: var said } when state.Sights.TryGetValue(said.Host, out HostSight? host):
                Report a = NetworkFactsRule.Sound(said, state.Topology);
                if (host.Agent is { } last && (last.Incarnation, last.Seq).CompareTo((a.Incarnation, a.Seq)) >= 0
                    && (last.Incarnation == a.Incarnation || state.AgentReachable(a.Host)))
                    return state;
                bool diedNow = a.Facts.Mysqld == MysqldState.Down && host.Agent?.Facts.Mysqld != MysqldState.Down;
                if (diedNow)
                    effects.Add(new LookAgain(a.Host));
                bool back = host.HeardAt is { } heard && state.At - heard > state.Settings.AgentTimeout;
                state = state with { Sights = state.Sights.SetItem(a.Host, (host with { Agent = a, HeardAt = state.At, DiskFailsSince = DiskRules.FailsSince(host, a, state.At) }).WithLastUp(a)) };
                state = MasterMark.Absorb(AddressConflicts.Absorb(state, a), a);
                state = TransitionSteps.Note(state, host.Agent, a);
                return back ? state.Noted("agent_back", a.Host, $"Agent on host '{a.Host}' is reachable again") : state;
            case LastUpHeard { Report: var l } when state.Sights.TryGetValue(l.Host, out HostSight? host):
                return state with { Sights = state.Sights.SetItem(l.Host, host.WithLastUp(l)) };
            case WithdrawalConfirmed { Confirmed: var c }:
                return Leases.Absorb(state, c);
            case LeaseAgesSeen { Ages: var l }:
                return Leases.Absorb(state, l);
            default:
                return state;
        }
    }

    /// <summary>Everything that follows from what is seen. Nothing while blind or PASSIVE.</summary>
    private static ClusterState Decide(ClusterState state)
    {
        if (state.Document is null)
        {
            if (!StartupVote.Ready(state))
                return state;
            state = StartupVote.Elect(state);
        }

        if (state.Blind || state.Document!.Mode == ClusterMode.Passive)
            return state;
        state = HostRules.Apply(Rejoin.Progress(state));
        state = EndWaiting(state);
        state = WriterMove.RecordTakeOver(state);
        state = Leases.Record(state);
        if (state.Document!.Mode == ClusterMode.Active)
            state = RoleDistribution.TakeFromFailed(state);
        bool settled = state.Settled;
        // A release may end a phase, an ended move may free a candidate: what can be done now is done now.
        for (int pass = 0; pass < 4; pass++)
        {
            ClusterDocument was = state.Document!;
            state = RoleDistribution.FinishReleases(state);
            state = WriterMove.Progress(state);
            if (settled && state.Document!.Mode == ClusterMode.Active)
            {
                state = WriterPlacement.FindMaster(state);
                state = WriterPlacement.ReturnToPreferred(state);
                state = RoleDistribution.ReturnToPreferred(state);
            }

            if (ReferenceEquals(was, state.Document))
                break;
        }

        return settled ? RoleDistribution.Balance(RoleDistribution.AdoptOrphans(state)) : state;
    }

    /// <summary>WAIT ends when both masters are ONLINE, or one has been for wait_for_other_master.</summary>
    private static ClusterState EndWaiting(ClusterState state)
    {
        if (state.Document!.Mode != ClusterMode.Wait)
            return state;
        var online = state.Topology.Hosts.Values.Where(h => h.Mode == HostMode.Master).Select(h => state.Document.Hosts[h.Name]).ToList();
        int masters = online.Count;
        online.RemoveAll(r => r.State != HostState.Online);
        TimeSpan patience = state.Settings.WaitForOtherMaster;
        bool alone = patience > TimeSpan.Zero && online.Exists(r => state.At - (r.Since > state.StartedAt ? r.Since : state.StartedAt) >= patience);
        if (online.Count < masters && !alone)
            return state;
        string why = alone && online.Count < masters ? $"one master has been ONLINE for {patience.TotalSeconds:0} seconds (wait_for_other_master)" : masters == 2 ? "both masters are ONLINE" : "all masters are ONLINE";
        return state.Deciding(d => d with { Mode = ClusterMode.Active }).Noted("wait_ended", null, $"Changed mode from 'WAIT' to 'ACTIVE': {why}");
    }

    /// <summary>Turns what changed into effects.</summary>
    private static StepResult Finish(ClusterState before, ClusterState state, ClusterEvent e, string? answer, ImmutableArray<Effect>.Builder effects)
    {
        // A document that was sound stays so; what was adopted or is decided now is looked at before anything leaves.
        if (!ReferenceEquals(state.Document, before.Document) || before.OrderedFor is null || before.Broken.Length > 0)
            state = state with { Broken = Invariants.Check(state) };
        if (state.Broken.Length > 0)
        {
            // Nothing of this step is decided, and nothing leaves; the next step looks at the world again.
            ImmutableArray<Effect> refusal = e is CommandGiven c
                ? [new GiveAnswer(new ControlProtocol.Answer(c.Command.Id, false, $"ERROR: Internal rule broken, nothing was changed: {string.Join("; ", state.Broken)}", null))]
                : [];
            ClusterState refused = state with { Document = before.Document, Version = before.Version, Notes = before.Notes, NotesMade = before.NotesMade };
            return new StepResult(
                before.Broken.SequenceEqual(state.Broken) ? refused : refused.Noted("invariant_broken", null, $"Internal rule broken, nothing is decided: {string.Join("; ", state.Broken)}"),
                refusal);
        }

        var ordered = ImmutableArray.CreateBuilder<Effect>();
        bool decided = state.Document is { } d && (before.Document is not { } b || before.Reconciled || !d.SameAs(b));
        if (decided)
        {
            state = state with { Version = before.Version + 1, Reconciled = false };
            ordered.Add(new StoreDocument(state.Version, state.Document!));
        }
        else
        {
            state = state with { Document = before.Document };
        }

        state = AddressConflicts.Watch(state);
        if (answer is not null)
        {
            var id = new DecisionId(state.Epoch, state.Version);
            var reply = new ControlProtocol.Answer(((CommandGiven)e).Command.Id, !answer.StartsWith("ERROR", StringComparison.Ordinal), answer, decided ? id : null);
            ImmutableArray<AnsweredCommand> answered = state.Answered.Add(new AnsweredCommand(((CommandGiven)e).Command, reply));
            state = state with { Answered = answered.Length > ClusterState.NotesKept ? answered.RemoveAt(0) : answered };
            ordered.Add(new GiveAnswer(reply));
        }

        if (state.Document is { Mode: not ClusterMode.Passive } && !state.Blind)
            state = VanishedHosts.Tell(AddressConflicts.TellAgain(VotersChange.Tell(Leases.Withdraw(IssueOrders(state, ordered), ordered), ordered), ordered), ordered);
        if (state.Document is { Mode: not ClusterMode.Passive } && before.Document is not null && !state.Blind)
            ordered.AddRange(KillHosts(before, state));
        ordered.AddRange(effects);
        return new StepResult(state, ordered.ToImmutable());
    }

    private static ClusterState IssueOrders(ClusterState state, ImmutableArray<Effect>.Builder effects)
    {
        var id = new DecisionId(state.Epoch, state.Version);
        bool compared = ReferenceEquals(state.OrderedFor, state.Document);
        ImmutableSortedDictionary<string, IssuedOrder>.Builder orders = state.Orders.ToBuilder();
        foreach (string host in state.Topology.Hosts.Keys)
        {
            HostOrder? order = compared ? null : HostOrders.For(state.Topology, state.Settings, state.Document!, host, id);
            if (state.Orders.TryGetValue(host, out IssuedOrder? issued) && (order is null || issued.Order.WantsTheSameAs(order)))
            {
                bool taken = state.Sights[host].Agent is { } report && report.Progress.Id == issued.Order.Id;
                bool cutOff = !state.AgentReachable(host) && state.Document!.Slots.Any(s => s.ReleasingFrom == host);
                // It is heard and does not hear: a connection that is dead in one direction.
                bool deaf = state.AgentReachable(host) && state.At - issued.Since >= DeafAfter;
                if (taken || (!cutOff && !state.AgentReachable(host)) || state.At - issued.SentAt < (cutOff ? RelayAfter : ResendAfter))
                    continue;
                order = issued.Order;
                if (cutOff || deaf)
                    effects.AddRange(state.Topology.Hosts.Keys.Where(h => h != host && state.AgentReachable(h)).Select(h => new RelayOrder(h, order)));
            }

            effects.Add(new SendOrder(order!));
            orders[host] = new IssuedOrder(order!, state.At, issued is not null && ReferenceEquals(order, issued.Order) ? issued.Since : state.At);
        }

        return state with { Orders = orders.ToImmutable(), OrderedFor = state.Document };
    }

    /// <summary>At the moment when both are known: the host is down with roles to let go of, and its agent cannot be told. Either may come first.</summary>
    private static IEnumerable<Effect> KillHosts(ClusterState before, ClusterState state) =>
        from host in state.Topology.Hosts.Keys
        where CannotBeTold(state, host) && !CannotBeTold(before, host)
        select new KillHost(host, state.Verdict(host, CheckKind.Ping) == CheckVerdict.Ok);

    private static bool CannotBeTold(ClusterState s, string host) =>
        s.Document!.Hosts[host].State == HostState.HardOffline && s.AgentLost(host) && s.Document.Slots.Any(x => x.ReleasingFrom == host);
}
