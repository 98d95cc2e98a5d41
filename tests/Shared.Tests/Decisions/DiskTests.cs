using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>A host whose mysqld answers and cannot write.</summary>
public sealed class DiskTests
{
    private static readonly DecisionSettings s_settings = Settings(DiskReaction.Failover);

    [Theory]
    [InlineData(DiskState.Full, "the disk with /data is full: said so")]
    [InlineData(DiskState.ReadOnly, "the disk with /data cannot be written: said so")]
    [InlineData(DiskState.Stalled, "the disk with /data stands still: said so")]
    public void The_active_master_is_replaced_and_comes_back_once_it_can_write(DiskState state, string sentence)
    {
        World w = Running();

        w.Db1.Disk = Disk(state);

        w.Until(() => w.Db2.EffectiveWriter, 10);
        Assert.Equal(HostState.HardOffline, w.StateOf("db1"));
        Assert.Contains(w.State.Notes, n => n.Code == "disk_failed" && n.Host == "db1" && n.Sentence.Contains(sentence, StringComparison.Ordinal));
        Assert.Contains(Warnings(w), x => x == $"host db1: {sentence}");
        Assert.DoesNotContain(w.Doc.Slots, s => s.Owner == "db1");
        Assert.Contains("It leaves that state as soon as its disk can be written.", HostExplanation.Of(w.State, "db1"));
        w.Run(30);
        Assert.Equal(HostState.HardOffline, w.StateOf("db1"));

        w.Db1.Disk = Disk(DiskState.Ok);
        w.Until(() => w.StateOf("db1") == HostState.Online, 10);
        Assert.True(w.Db2.EffectiveWriter);
    }

    [Fact]
    public void What_nobody_knows_changes_nothing()
    {
        World w = Running();
        w.Db1.Disk = Disk(DiskState.Unknown);
        w.Run(10);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.DoesNotContain(Warnings(w), x => x.Contains("disk", StringComparison.Ordinal));
    }

    [Fact]
    public void By_the_configuration_it_is_only_said()
    {
        World w = World.Running(settings: Settings(DiskReaction.Warn));
        w.Db1.Disk = Disk(DiskState.Full);
        w.Run(10);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.Contains("host db1: the disk with /data is full: said so", Warnings(w));

        w.Db1.Disk = Disk(DiskState.ReadOnly);
        w.Until(() => w.Db2.EffectiveWriter, 10);
    }

    [Fact]
    public void One_that_nobody_can_stand_in_for_keeps_its_roles()
    {
        World w = Running();
        // In the same storage; each agent notices when its own time comes.
        w.Db1.Disk = Disk(DiskState.Stalled);
        w.Run(1.5);
        w.Db2.Disk = w.Db3.Disk = Disk(DiskState.Stalled);
        w.Run(10);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.Equal(HostState.Online, w.StateOf("db1"));
        Assert.Contains("host db1: the disk with /data stands still: said so; it keeps its roles, as no other host could carry role reader", Warnings(w));

        // One of them can again.
        w.Db2.Disk = Disk(DiskState.Ok);
        w.Until(() => w.Db2.EffectiveWriter && w.StateOf("db1") == HostState.HardOffline, 10);
    }

    [Fact]
    public void It_does_not_take_over_and_says_why()
    {
        World w = Running();
        w.Db2.Disk = Disk(DiskState.Full);
        w.Until(() => w.StateOf("db2") == HostState.HardOffline, 5);
        Assert.True(w.Db1.EffectiveWriter);

        w.Db1.PowerOff();
        w.Run(30);

        Assert.Null(w.WriterOwner);
        Assert.Contains(Warnings(w), x => x.Contains("is on no host, as none can carry it", StringComparison.Ordinal) && x.Contains("db2", StringComparison.Ordinal));
        // What it lacks is not known, so an operator decides.
        w.Db2.Disk = Disk(DiskState.Ok);
        w.Until(() => w.StateOf("db2") == HostState.AwaitingRecovery, 5);
        w.Say("set_online", "db2");
        w.Until(() => w.Db2.EffectiveWriter, 5);
    }

    [Fact]
    public void Another_coordinator_leaves_it_out()
    {
        World w = Running();
        w.Db1.Disk = Disk(DiskState.Full);
        w.Until(() => w.Db2.EffectiveWriter, 10);

        w.NewCoordinator();
        for (int i = 0; i < 100; i++)
        {
            w.Advance();
            Assert.Equal(HostState.HardOffline, w.StateOf("db1"));
        }
    }

    [Fact]
    public void One_that_is_out_waits_until_its_agent_has_been_heard_or_given_up()
    {
        var still = new Still { Settings = s_settings, States = { ["db2"] = HostState.HardOffline }, NeverHeard = { "db2" } };
        ClusterState heardSoon = still.State() with { WatchingSince = still.At };

        Assert.Equal(HostState.HardOffline, HostRules.Apply(heardSoon).Document!.Hosts["db2"].State);
        Assert.Equal(HostState.AwaitingRecovery, HostRules.Apply(still.State()).Document!.Hosts["db2"].State);
    }

    [Fact]
    public void A_moment_without_space_moves_nothing()
    {
        World w = Running();
        w.Db1.Disk = Disk(DiskState.Full);
        w.Run(1.5);
        w.Db1.Disk = Disk(DiskState.Ok);
        w.Run(1);
        w.Db1.Disk = Disk(DiskState.Full);
        w.Run(1.5);
        Assert.True(w.Db1.EffectiveWriter);
        Assert.Equal(HostState.Online, w.StateOf("db1"));
    }

    [Fact]
    public void A_candidate_that_is_still_online_is_passed_over()
    {
        var still = new Still { Settings = s_settings, Writer = null, States = { ["db1"] = HostState.HardOffline }, Disks = { ["db2"] = (DiskState.Full, 0) } };
        Assert.Null(Next());

        // Only said, it is better than nobody.
        still.Settings = Settings(DiskReaction.Warn);
        Assert.Equal("db2", Next());

        // But not than one that can write.
        still.States.Clear();
        still.ActiveMaster = "db2";
        Assert.Equal("db1", Next());

        string? Next() => WriterPlacement.FindMaster(still.State()) is var then ? then.Document!.Slot(then.Writer).Owner : null;
    }

    [Fact]
    public void Nobody_moves_the_role_to_it_and_nobody_takes_it_back_in()
    {
        var still = new Still { Settings = s_settings, Disks = { ["db2"] = (DiskState.Full, 0) } };
        (_, string answer) = OperatorCommands.Run(still.State(), "move_role", ["writer", "db2"], "test");
        Assert.Equal("ERROR: Role 'writer' would not come up on 'db2', so nothing is changed: db2 could not write: the disk with /data is full: said so", answer);

        still.States["db2"] = HostState.AdminOffline;
        still.Disks["db2"] = (DiskState.Full, 2);
        (_, answer) = OperatorCommands.Run(still.State(), "set_online", ["db2"], "test");
        Assert.Equal("ERROR: Host 'db2' can't be switched to ONLINE: the disk with /data is full: said so.", answer);
    }

    internal static DecisionSettings Settings(DiskReaction toFull) => Worlds.Settings with
    {
        Disk = new DiskSettings(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), 0, new DiskPolicy(toFull, DiskReaction.Failover, DiskReaction.Failover)),
    };

    private static World Running() => World.Running(settings: s_settings);

    private static DiskFacts Disk(DiskState state) => new(state, "/data", state == DiskState.Ok ? null : "said so", null);

    private static System.Collections.Immutable.ImmutableArray<string> Warnings(World w) => Snapshots.Of(w.State, 1, null).Warnings;
}
