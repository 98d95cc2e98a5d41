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
/// MMM's answers, letter by letter, and its order of asking: every case breaks one guard and all that are asked after it, so that a guard that
/// is asked too late or too early gives another answer.
/// </summary>
public sealed class OperatorCommandsTests
{
    private const string Wait = "Now you can wait some time and check new roles info!";

    private static Still Moment(params Action<Still>[] broken)
    {
        var s = new Still();
        foreach (Action<Still> b in broken)
            b(s);
        return s;
    }

    private static string Say(Still s, string verb, params string[] args) => Step(s, verb, args).Effects.OfType<GiveAnswer>().Single().Answer.Text;

    private static StepResult Step(Still s, string verb, params string[] args) =>
        ClusterTransition.Step(s.State(), new CommandGiven(s.At, new ControlProtocol.Command("id", "C1", verb, [.. args], "test")));

    [Fact]
    public void Set_online()
    {
        Action<Still> agent = s => s.SilentAgents.Add("db2");
        Action<Still> peerReplication = s => s.Set("db1", Failed, RepThreads);
        Action<Still> checks = s => s.Set("db2", Unknown, Mysql);
        static Action<Still> state(HostState to) => s => s.States["db2"] = to;
        Assert.Equal("ERROR: Unknown host name 'dbx'!", Say(Moment(agent), "set_online", "dbx"));
        Assert.Equal("OK: This host is already ONLINE. Skipping command.", Say(Moment(agent, peerReplication, checks), "set_online", "db2"));
        Assert.Equal("ERROR: Host 'db2' is 'REPLICATION_FAIL' at the moment. It can't be switched to ONLINE.",
            Say(Moment(agent, peerReplication, checks, state(ReplicationFail)), "set_online", "db2"));
        Assert.Equal("ERROR: Host 'db2' is 'HARD_OFFLINE' at the moment. It can't be switched to ONLINE.", Say(Moment(s => s.Set("db2", Failed, Ping), state(HardOffline)), "set_online", "db2"));
        Assert.Equal("ERROR: Checks ping and/or mysql are not ok for host 'db2'. It can't be switched to ONLINE.",
            Say(Moment(agent, peerReplication, checks, state(AwaitingRecovery)), "set_online", "db2"));
        Assert.Equal("ERROR: Some replication checks failed on peer 'db1'. We can't set 'db2' online now. Please, wait some time.",
            Say(Moment(agent, peerReplication, state(AwaitingRecovery)), "set_online", "db2"));
        Assert.Equal("ERROR: Some replication checks failed on peer 'db1'. We can't set 'db2' online now. Please, wait some time.",
            Say(Moment(s => s.Set("db1", Failed, RepBacklog), state(AwaitingRecovery)), "set_online", "db2"));
        Assert.Equal("ERROR: Can't reach agent daemon on 'db2'! Can't switch its state!", Say(Moment(agent, state(AdminOffline)), "set_online", "db2"));
        Assert.Equal("OK: State of 'db2' changed to ONLINE. Now you can wait some time and check its new roles!", Say(Moment(state(AdminOffline)), "set_online", "db2"));
        // The peer's replication is asked only while the peer is ONLINE, and a slave has no peer.
        Assert.StartsWith("OK: State of 'db2'", Say(Moment(peerReplication, state(AwaitingRecovery), s => { s.States["db1"] = AdminOffline; s.Writer = null; }), "set_online", "db2"), StringComparison.Ordinal);
        Assert.StartsWith("OK: State of 'db3'", Say(Moment(peerReplication, s => s.States["db3"] = AwaitingRecovery), "set_online", "db3"), StringComparison.Ordinal);
    }

    [Fact]
    public void Set_offline()
    {
        Action<Still> agent = s => s.SilentAgents.Add("db2");
        Assert.Equal("ERROR: Unknown host name 'dbx'!", Say(Moment(), "set_offline", "dbx"));
        Assert.Equal("OK: This host is already ADMIN_OFFLINE. Skipping command.", Say(Moment(agent, s => s.States["db2"] = AdminOffline), "set_offline", "db2"));
        Assert.Equal("ERROR: Host 'db2' is 'AWAITING_RECOVERY' at the moment. It can't be switched to ADMIN_OFFLINE.",
            Say(Moment(agent, s => s.States["db2"] = AwaitingRecovery), "set_offline", "db2"));
        Assert.Equal("ERROR: Can't reach agent daemon on 'db2'! Can't switch its state!", Say(Moment(agent), "set_offline", "db2"));
        foreach (HostState from in new[] { Online, ReplicationFail, ReplicationDelay })
        {
            StepResult r = Step(Moment(s => s.States["db2"] = from), "set_offline", "db2");
            Assert.Equal("OK: State of 'db2' changed to ADMIN_OFFLINE. Now you can wait some time and check all roles!", r.Effects.OfType<GiveAnswer>().Single().Answer.Text);
            Assert.DoesNotContain(r.State.Document!.Slots, x => x.Owner == "db2");
            Assert.Equal(AgentProtocol.ReplicationAction.Stop, r.Effects.OfType<SendOrder>().Single(o => o.Order.Host == "db2").Order.Replication.Action);
        }
    }

    [Fact]
    public void Set_ip()
    {
        Action<Still> passive = s => s.Mode = ClusterMode.Passive;
        Assert.Equal("ERROR: This command is only allowed in passive mode", Say(Moment(), "set_ip", "1.2.3.4", "dbx"));
        Assert.Equal("ERROR: Unknown ip '1.2.3.4'!", Say(Moment(passive), "set_ip", "1.2.3.4", "dbx"));
        Assert.Equal("ERROR: Unknown host name 'dbx'!", Say(Moment(passive), "set_ip", "10.0.250.50", "dbx"));
        Assert.Equal("ERROR: Host 'db3' can't handle role 'writer'. Following hosts could: db1, db2", Say(Moment(passive, s => s.States["db3"] = HardOffline), "set_ip", "10.0.250.50", "db3"));
        Assert.Equal("ERROR: Host 'db2' is 'HARD_OFFLINE' at the moment. Can't move role with ip '10.0.250.50' there.", Say(Moment(passive, s => s.States["db2"] = HardOffline), "set_ip", "10.0.250.50", "db2"));
        Assert.Equal("OK: Set role 'writer(10.0.250.50)' to host 'db2'.", Say(Moment(passive), "set_ip", "10.0.250.50", "db2"));
        Assert.Equal("OK: Set role 'writer(10.0.250.50)' to host 'db1'.", Say(Moment(passive), "set_ip", "10.0.250.50", "db1"));
    }

    [Fact]
    public void Move_role()
    {
        Action<Still> passive = s => s.Mode = ClusterMode.Passive;
        Action<Still> agent = s => s.SilentAgents.Add("db2");
        Action<Still> offline = s => s.States["db2"] = AwaitingRecovery;
        Action<Still> preferred = s => s.Topology = Worlds.Topology(prefer: "db1");
        Assert.Equal("ERROR: This command is not allowed in passive mode", Say(Moment(passive), "move_role", "nix", "dbx"));
        Assert.Equal("ERROR: Unknown role name 'nix'!", Say(Moment(), "move_role", "nix", "dbx"));
        Assert.Equal("ERROR: Unknown host name 'dbx'!", Say(Moment(), "move_role", "writer", "dbx"));
        Assert.Equal($"OK: Balanced role reader has been removed from host 'db2'. {Wait}", Say(Moment(offline, agent), "move_role", "reader", "db2"));
        Assert.Equal("ERROR: Can't move role to host with state AWAITING_RECOVERY.", Say(Moment(s => s.States["db3"] = AwaitingRecovery), "move_role", "writer", "db3"));
        Assert.Equal("ERROR: Host 'db3' can't handle role 'writer'. Only following hosts could: db1, db2", Say(Moment(s => s.SilentAgents.Add("db3")), "move_role", "writer", "db3"));
        Assert.Equal("OK: Role is on 'db1' already. Skipping command.", Say(Moment(s => s.SilentAgents.Add("db1"), preferred), "move_role", "writer", "db1"));
        Assert.Equal("ERROR: Can't reach agent daemon on 'db2'! Can't move roles there!", Say(Moment(agent, preferred), "move_role", "writer", "db2"));
        Assert.Equal("ERROR: Role 'writer' is assigned to preferred host 'db1'. Can't move it!", Say(Moment(preferred), "move_role", "writer", "db2"));
        Assert.Equal($"OK: Role 'writer' has been moved from 'db1' to 'db2'. {Wait}", Say(Moment(preferred, s => s.Mode = ClusterMode.Manual), "move_role", "writer", "db2"));
        Assert.Equal($"OK: Role 'writer' has been moved from 'db1' to 'db2'. {Wait}", Say(Moment(), "move_role", "writer", "db2"));
        Assert.Equal($"OK: Role 'writer' has been moved from '' to 'db2'. {Wait}", Say(Moment(s => (s.Writer, s.Mode) = (null, ClusterMode.Manual)), "move_role", "writer", "db2"));
        Assert.Equal($"OK: Role 'backup' has been moved from 'db1' to 'db2'. {Wait}", Say(Moment(s => (s.Topology, s.Mode) = (Worlds.Topology(exclusive: true), ClusterMode.Manual)), "move_role", "backup", "db2"));
    }

    [Fact]
    public void Move_role_force()
    {
        Action<Still> agent = s => s.SilentAgents.Add("db2");
        Action<Still> delayed = s => { s.States["db2"] = ReplicationDelay; s.Set("db2", Failed, RepBacklog); };
        Assert.Equal("ERROR: This command is not allowed in passive mode", Say(Moment(s => s.Mode = ClusterMode.Passive), "move_role", "--force", "nix", "dbx"));
        Assert.Equal("ERROR: Unknown role name 'nix'!", Say(Moment(), "move_role", "--force", "nix", "dbx"));
        Assert.Equal("ERROR: Unknown host name 'dbx'!", Say(Moment(), "move_role", "--force", "reader", "dbx"));
        Assert.Equal("ERROR: move_role --forced may be used for the active master role only!", Say(Moment(), "move_role", "--force", "reader", "db2"));
        Assert.Equal("ERROR: Can't force move of role to host with state ONLINE.", Say(Moment(agent), "move_role", "--force", "writer", "db3"));
        Assert.Equal("ERROR: Host 'db3' can't handle role 'writer'. Only following hosts could: db1, db2",
            Say(Moment(s => { s.States["db3"] = ReplicationFail; s.Set("db3", Failed, RepThreads); s.SilentAgents.Add("db3"); }), "move_role", "--force", "writer", "db3"));
        // Only in MANUAL mode can the holder itself be in that state.
        Assert.Equal("OK: Role is on 'db1' already. Skipping command.",
            Say(Moment(s => { s.Mode = ClusterMode.Manual; s.States["db1"] = ReplicationDelay; s.Set("db1", Failed, RepBacklog); s.SilentAgents.Add("db1"); }), "move_role", "--force", "writer", "db1"));
        Assert.Equal("ERROR: Can't reach agent daemon on 'db2'! Can't move roles there!", Say(Moment(agent, delayed), "move_role", "--force", "writer", "db2"));
        Assert.Equal($"OK: Role 'writer' has been moved from 'db1' to 'db2' enforcedly. {Wait}", Say(Moment(delayed), "move_role", "--force", "writer", "db2"));
    }

    [Theory]
    [InlineData(Ok, Ok, Online)]
    [InlineData(Failed, Ok, ReplicationFail)]
    [InlineData(Failed, Failed, ReplicationFail)]
    [InlineData(Ok, Failed, ReplicationDelay)]
    [InlineData(Unknown, Unknown, Online)]
    public void Forced_move_takes_the_old_active_master_out_when_its_own_replication_is_not_well(CheckVerdict threads, CheckVerdict backlog, HostState then)
    {
        foreach (ClusterMode mode in new[] { ClusterMode.Active, ClusterMode.Manual })
        {
            Still s = Moment(s => { s.Mode = mode; s.States["db2"] = ReplicationDelay; s.Set("db2", Failed, RepBacklog); s.Set("db1", threads, RepThreads); s.Set("db1", backlog, RepBacklog); });
            ClusterDocument d = Step(s, "move_role", "--force", "writer", "db2").State.Document!;
            Assert.Equal((Online, then), (d.Hosts["db2"].State, d.Hosts["db1"].State));
            Assert.Equal("db2", d.Slot(s.Topology.WriterAddress).Owner);
            Assert.True(d.Move!.Force);
            Assert.Equal(mode == ClusterMode.Active && then != Online, !d.Slots.Any(x => x.Owner == "db1"));
        }
    }

    [Fact]
    public void Modes()
    {
        Assert.Equal("OK: Already in active mode.", Say(Moment(), "set_active"));
        Assert.Equal("OK: Switched into active mode.", Say(Moment(s => s.Mode = ClusterMode.Wait), "set_active"));
        Assert.Equal("OK: Switched into manual mode.", Say(Moment(), "set_manual"));
        Assert.Equal("OK: Already in manual mode.", Say(Moment(s => s.Mode = ClusterMode.Manual), "set_manual"));
        Assert.Equal("OK: Already in manual mode.", Say(Moment(s => s.Mode = ClusterMode.Wait), "set_manual"));
        Assert.Equal("OK: Switched into passive mode.", Say(Moment(), "set_passive"));
        Assert.Equal("OK: Already in passive mode.", Say(Moment(s => s.Mode = ClusterMode.Passive), "set_passive"));
    }

    [Theory]
    [InlineData("reboot")]
    [InlineData("set_online")]
    [InlineData("set_active", "db1")]
    [InlineData("move_role", "writer")]
    [InlineData("move_role", "--force", "writer")]
    [InlineData("set_ip", "--force", "10.0.250.50", "db2")]
    public void Wrong_verbs_and_argument_counts_change_nothing(string verb, params string[] args)
    {
        StepResult r = Step(Moment(), verb, args);
        Assert.Equal($"ERROR: Invalid command '{string.Join(' ', [verb, .. args])}'", r.Effects.OfType<GiveAnswer>().Single().Answer.Text);
        Assert.DoesNotContain(r.Effects, e => e is StoreDocument);
    }

    [Fact]
    public void Repeated_command_id_gets_the_first_answer_and_is_not_carried_out_again()
    {
        World w = World.Running();
        ControlProtocol.Answer first = w.Command("move_role", "writer", "db2")!;
        w.Until(() => w.Doc.Move is null, 5);
        w.Say("move_role", "writer", "db1");
        w.Until(() => w.Doc.Move is null, 5);
        w.Effects.Clear();
        w.Feed(new CommandGiven(w.At, new ControlProtocol.Command(first.Id, "C1", "move_role", ["writer", "db2"], "test")));
        Assert.Equal([new GiveAnswer(first)], w.Effects.Select(e => e.Effect));
        Assert.Equal("db1", w.WriterHolder);
    }

    [Fact]
    public void Another_command_with_the_id_of_an_earlier_one_is_refused_and_not_taken_for_carried_out()
    {
        World w = World.Running();
        ControlProtocol.Answer first = w.Command("move_role", "writer", "db2")!;
        w.Effects.Clear();
        w.Feed(new CommandGiven(w.At, new ControlProtocol.Command(first.Id, "C1", "set_passive", [], "test")));
        ControlProtocol.Answer refused = w.Effects.Select(e => e.Effect).OfType<GiveAnswer>().Single().Answer;
        Assert.Equal((false, $"ERROR: The id '{first.Id}' is that of another command, 'move_role writer db2', and 'set_passive' was not carried out: choose another id for it."), (refused.Ok, refused.Text));
        Assert.Equal(ClusterMode.Active, w.Doc.Mode);
    }

    [Fact]
    public void Answer_names_the_decision_that_carries_the_command_out_and_follows_its_storing()
    {
        StepResult r = Step(Moment(), "set_offline", "db2");
        StoreDocument store = Assert.IsType<StoreDocument>(r.Effects[0]);
        GiveAnswer answer = Assert.IsType<GiveAnswer>(r.Effects[1]);
        Assert.Equal((store.Version, true), (answer.Answer.Decision!.Version, answer.Answer.Ok));
        StepResult refused = Step(Moment(), "set_offline", "dbx");
        Assert.DoesNotContain(refused.Effects, e => e is StoreDocument);
        ControlProtocol.Answer a = refused.Effects.OfType<GiveAnswer>().Single().Answer;
        Assert.Equal((false, null), (a.Ok, a.Decision));
    }

    [Fact]
    public void Running_move_is_not_disturbed_by_another_but_may_be_called_back()
    {
        World w = World.Running();
        w.Db2.AgentHung = true;
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Doc.Move is { Phase: MovePhase.TakingOver }, 5);
        Assert.Equal("OK: Role is on 'db2' already. Skipping command.", w.Say("move_role", "writer", "db2"));
        Assert.StartsWith("OK: Role 'writer' has been moved from 'db2' to 'db1'.", w.Say("move_role", "writer", "db1"));
        w.Run(2);
        Assert.False(w.Db1.Writable);
        w.Db2.AgentHung = false;
        w.Until(() => w.Db1.EffectiveWriter && w.Doc.Move is null, 5);
        Assert.Equal(w.Acknowledged, w.Db1.Applied);
    }

    [Fact]
    public void Move_held_up_by_a_candidate_that_cannot_may_be_given_to_the_other_when_that_is_back()
    {
        World w = World.Running(settings: Worlds.Settings with { QuickRecovery = TimeSpan.Zero });
        w.Say("set_manual");
        w.Db2.FailAt = "catch_up";
        w.Db1.PowerOff();
        w.Run(3);
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Doc.Move is { Trouble: not null }, 15);
        string warning = Assert.Single(Snapshots.Of(w.State, 1, null).Warnings, x => x.Contains("is held up", StringComparison.Ordinal));
        Assert.EndsWith("'move_role --force writer db2' goes on without what it could not apply", warning, StringComparison.Ordinal);
        w.Db1.PowerOn();
        w.Until(() => w.StateOf("db1") == AwaitingRecovery, 10);
        w.Until(() => w.Say("set_online", "db1").StartsWith("OK", StringComparison.Ordinal), 10);
        w.Until(() => w.Db1.EffectiveWriter && w.Doc.Move is null, 10);
        Assert.Equal(w.Acknowledged, w.Db1.Applied);
    }
}
