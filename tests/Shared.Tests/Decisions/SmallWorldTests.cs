using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Checks.CheckKind;
using static Mmm.Shared.Checks.CheckVerdict;
using static Mmm.Shared.Decisions.HostState;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>
/// Two masters and a slave, from every combination of states, checks, holder and mode: one step breaks no rule of MMM's (asserted here in
/// words of its own, not by <see cref="Invariants"/>), and a second step at the same instant has nothing left to do.
/// </summary>
public sealed class SmallWorldTests
{
    private static readonly string[] HostNames = ["db1", "db2", "db3"];

    private static readonly HostState[] States = Enum.GetValues<HostState>();

    private static readonly (CheckVerdict Verdict, CheckKind[] Kinds)[] Profiles =
    [
        (Ok, []), (Failed, [Ping, Mysql]), (Failed, [RepThreads]), (Unknown, [Mysql, RepThreads, RepBacklog]),
        (Failed, [RepBacklog]), (Failed, [Mysql]),
    ];

    public static TheoryData<ClusterMode, HostState> Slices => [.. Enum.GetValues<ClusterMode>().SelectMany(m => States.Select(s => (m, s)))];

    [Theory]
    [MemberData(nameof(Slices))]
    public void Every_combination_of_states_checks_and_holder(ClusterMode mode, HostState db1)
    {
        var all = from db2 in States
                  from db3 in States
                  from writer in new[] { null, "db1", "db2" }
                  from p in Enumerable.Range(0, 4 * 4 * 3)
                  select (db2, db3, writer, p);
        foreach ((HostState db2, HostState db3, string? writer, int p) in all)
            Check(mode, [db1, db2, db3], [p % 4, p / 4 % 4, p / 16], writer, null, []);
    }

    /// <summary>All the rest, one of many: also half-failed checks, silent agents and a release that waits.</summary>
    [Theory]
    [MemberData(nameof(Slices))]
    public void Samples_with_silent_agents_and_waiting_releases(ClusterMode mode, HostState db1)
    {
        var random = new Random(HashCode.Combine((int)mode, (int)db1) == 0 ? 1 : ((int)mode * 10) + (int)db1);
        T Pick<T>(params T[] of) => of[random.Next(of.Length)];
        for (int i = 0; i < 1000; i++)
        {
            string? writer = Pick(null, "db1", "db2"), releasing = Pick(null, "db1", "db2");
            Check(mode, [db1, Pick(States), Pick(States)], [random.Next(6), random.Next(6), random.Next(6)], writer, releasing == writer ? null : releasing,
                [.. HostNames.Where(_ => random.Next(3) == 0)]);
        }
    }

    private static void Check(ClusterMode mode, HostState[] states, int[] profiles, string? writer, string? releasing, HashSet<string> silent)
    {
        var still = new Still { Mode = mode, Writer = writer, WriterReleasing = releasing };
        // In ACTIVE mode only ONLINE hosts can have been left with a role; in PASSIVE anything may be written down.
        for (int i = 0; i < 3; i++)
        {
            still.States[HostNames[i]] = states[i];
            still.Set(HostNames[i], Profiles[profiles[i]].Verdict, Profiles[profiles[i]].Kinds);
        }

        if (writer is not null && still.States[writer] == AdminOffline)
            return;
        still.SilentAgents.UnionWith(silent);
        ClusterState before = still.State();
        StepResult first = ClusterTransition.Step(before, new Ticked(still.At));
        string Story() => $"{mode}; states {string.Join(',', states)}; profiles {string.Join(',', profiles)}; writer {writer} <- {releasing}; silent {string.Join(',', silent)}\n"
            + string.Join('\n', first.State.Notes.Select(n => $"  {n.Code}: {n.Sentence}")) + "\n" + string.Join('\n', first.State.Document!.Slots);
        void Must(bool so, string what)
        {
            if (!so)
                Assert.Fail($"{what}\n{Story()}");
        }

        Must(first.State.Broken.IsEmpty, $"broken: {string.Join("; ", first.State.Broken)}");
        StepResult second = ClusterTransition.Step(first.State, new Ticked(still.At));
        Must(second.Effects.IsEmpty && ReferenceEquals(second.State.Document, first.State.Document), $"not stable: {string.Join("; ", second.Effects)}");
        Roles(before, first, Must);
        HostStates(before, first.State.Document!, Must);
    }

    private static void Roles(ClusterState before, StepResult step, Action<bool, string> must)
    {
        ClusterDocument was = before.Document!, now = step.State.Document!;
        var orders = step.Effects.OfType<SendOrder>().Select(o => o.Order).ToList();
        if (was.Mode == ClusterMode.Passive)
        {
            must(step.Effects.IsEmpty && now.SameAs(was), "PASSIVE changes nothing and sends nothing");
            return;
        }

        must(orders.Count == 3, "a coordinator tells every host once what it wants");
        must(orders.Count(o => o.Writable) <= 1, "one writable host at most");
        bool Eligible(string h) => now.Hosts[h].State == Online && before.AgentReachable(h);
        foreach (RoleSlot slot in now.Slots)
        {
            RoleSlot old = was.Slot(slot.Address);
            Role role = before.Topology.Roles[slot.Address.Role];
            must(slot.Owner is null || role.Hosts.Contains(slot.Owner), $"{slot.Address} is with a host that may not carry it");
            must(now.Mode != ClusterMode.Active || slot.Owner is null || now.Hosts[slot.Owner].State == Online, $"{slot.Address} is with a host that is not ONLINE");
            must(slot.Owner is not null || !role.Hosts.Any(Eligible) || (role.Mode == RoleMode.Exclusive && now.Mode != ClusterMode.Active), $"{slot.Address} is an orphan although somebody could carry it");
            must(now.Mode == ClusterMode.Active || old.Owner is null || slot.Owner == old.Owner || (role.Mode == RoleMode.Balanced && now.Hosts[old.Owner].State == Online),
                $"{slot.Address} was taken away in {now.Mode}");
            // Nothing has been proven at this instant: whoever had it comes first.
            string? holder = old.ReleasingFrom ?? old.Owner;
            must(holder is null || !orders.Any(o => o.Host != holder && o.Roles.Contains(slot.Address)), $"{slot.Address} is ordered onto another host before '{holder}' let go");
            must(slot.Owner is null || slot.Owner == old.Owner || Eligible(slot.Owner), $"{slot.Address} was given to a host that may not receive it");
        }

        int[] readers = [.. HostNames.Where(Eligible).Select(h => now.Slots.Count(s => s.Owner == h && s.Address.Role == "reader"))];
        must(readers.Length == 0 || readers.Max() - readers.Min() <= 1, "readers are within one of each other");
    }

    private static void HostStates(ClusterState before, ClusterDocument now, Action<bool, string> must)
    {
        if (now.Mode == ClusterMode.Passive)
            return;
        foreach (string h in HostNames)
        {
            HostState was = before.Document!.Hosts[h].State, state = now.Hosts[h].State;
            bool down = before.Verdict(h, Ping) == Failed || before.Verdict(h, Mysql) == Failed;
            must(was != AdminOffline || state == AdminOffline, $"{h} left ADMIN_OFFLINE by itself");
            must(!down || state is HardOffline or AdminOffline, $"{h} is down and {state}");
            must(down || state != HardOffline || was == HardOffline, $"{h} went HARD_OFFLINE without a failed check");
            must(was != Online || down || before.Document.Slot(before.Writer).Owner != h || state == Online, $"the active master {h} was taken out by its own replication");
        }
    }
}
