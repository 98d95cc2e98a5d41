using Mmm.Shared.Decisions;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Why a role is where it is, and why it does not move.</summary>
public sealed class RoleExplanationTests
{
    [Fact]
    public void Of_a_calm_cluster_it_says_where_the_roles_are_by_whose_grants_and_who_would_be_next()
    {
        World w = World.Running();
        HostSight db1 = w.State.Sights["db1"];
        w.State = w.State with { Sights = w.State.Sights.SetItem("db1", db1 with { Agent = db1.Agent! with { Lease = new LeaseFacts(2740, false, null) } }) };
        string writer = Explained(w, "writer");
        Assert.Contains($"{w.State.Writer} is with db1, the active master since ", writer, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  Its lease: its agent reported 2\.7 s of lease left; granted by mon1 \d\.\d s ago, mon2 \d\.\d s ago, mon3 \d\.\d s ago; 2 of 3 are needed\.$", writer);
        Assert.Contains("  db1: has it; if it failed now, db2 would take over.", writer, StringComparison.Ordinal);
        Assert.Contains("  db2: would be number 1 after a failure; a planned move could begin at once.", writer, StringComparison.Ordinal);
        Assert.DoesNotContain("Mode ", writer, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing is decided", writer, StringComparison.Ordinal);

        RoleSlot reader = w.Doc.Slots.First(s => s.Address.Role == "reader");
        Assert.Contains($"{reader.Address} is with {reader.Owner}.", Explained(w, "reader"), StringComparison.Ordinal);
        Assert.Contains($"  {reader.Owner}: has {reader.Address}", Explained(w, "reader"), StringComparison.Ordinal);
        Assert.Equal("writer", RoleExplanation.All(w.State)[0].Role);
    }

    [Fact]
    public void A_host_that_cannot_have_it_is_told_with_its_state_and_why()
    {
        World w = World.Running();
        w.Say("set_offline", "db2");
        w.Run(3);
        Assert.Matches(@"(?m)^  db2: cannot, as it is ADMIN_OFFLINE since .* UTC \(.+\)\.$", Explained(w, "writer"));
        Assert.Contains("  db1: has it; if it failed now, nobody could take over.", Explained(w, "writer"), StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  db2: cannot, as it is ADMIN_OFFLINE", Explained(w, "reader"));
    }

    [Theory]
    [InlineData("set_manual", "Mode MANUAL: it is not taken from a host that fails", "Mode MANUAL: addresses are not taken")]
    [InlineData("set_passive", "Mode PASSIVE: nothing is changed by itself", "Mode PASSIVE: nothing is changed by itself")]
    public void A_mode_that_keeps_roles_where_they_are_is_told(string verb, string writer, string reader)
    {
        World w = World.Running();
        w.Say(verb);
        Assert.Contains(writer, Explained(w, "writer"), StringComparison.Ordinal);
        Assert.Contains(reader, Explained(w, "reader"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_quorum_of_monitors_that_see_the_hosts_it_says_who_is_missing_and_why()
    {
        World w = World.Running();
        foreach (ModelMonitor monitor in w.Monitors.Skip(1))
            monitor.Silent = true;
        w.Run(10);
        Assert.True(w.State.Blind);
        string writer = Explained(w, "writer");
        Assert.Matches(@"Nothing is decided: 2 of 3 monitors must see the hosts, and of these do not count: mon2 \(not heard for \d+ s\), mon3 \(not heard for \d+ s\)\.", writer);
        Assert.Matches(@"granted by mon1 \d\.\d s ago, mon2 \(not heard\), mon3 \(not heard\)", writer);
    }

    [Fact]
    public void What_a_planned_move_would_wait_for_and_what_a_running_one_waits_for_is_told()
    {
        World w = World.Running();
        HostSight db2 = w.State.Sights["db2"];
        Report report = db2.Agent!;
        ClusterState behind = w.State with
        {
            Sights = w.State.Sights.SetItem("db2", db2 with { Agent = report with { Facts = report.Facts with { Replication = report.Facts.Replication! with { SecondsBehind = 30 } } } }),
        };
        Assert.Contains("  db2: would be number 1 after a failure; a planned move would wait, as db2 is 30 s behind", Explained(behind, "writer"), StringComparison.Ordinal);

        RoleMove move = new("db1", "db2", MoveCause.Command, false, MovePhase.TakingOver, w.State.At, w.State.At, null, "catching up takes long");
        ClusterState moving = w.State with { Document = w.Doc with { Move = move } };
        Assert.Contains("(command): 'db2' is catching up and taking over; catching up takes long.", Explained(moving, "writer"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_waits_for_its_old_host_says_for_what()
    {
        World w = World.Running();
        RoleSlot slot = w.Doc.Slots.First(s => s.Address.Role == "reader");
        ClusterState waiting = w.State with { Document = w.Doc.With(slot.Taken(w.State.At)) };
        Assert.Contains($"{slot.Address} is being taken from {slot.Owner}: ", Explained(waiting, "reader"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_monitors_votes_on_a_host_are_told_when_they_do_not_agree()
    {
        World w = World.Running();
        Assert.DoesNotContain(HostExplanation.Of(w.State, "db2"), l => l.Contains("mon1", StringComparison.Ordinal) && !l.Contains("lease", StringComparison.Ordinal));
        w.Monitors[2].Silent = true;
        w.Run(10);
        string explained = string.Join('\n', HostExplanation.Of(w.State, "db2"));
        Assert.Contains("Check mysql is OK, though not all monitors say so.", explained, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^  mon1: OK, mon2: OK, mon3 does not count \(not heard for \d+ s\); what 2 of 3 see at the same moment counts\.$", explained);
    }

    private static string Explained(World w, string role) => Explained(w.State, role);

    private static string Explained(ClusterState state, string role) => string.Join('\n', RoleExplanation.All(state).Single(r => r.Role == role).Explanation);
}
