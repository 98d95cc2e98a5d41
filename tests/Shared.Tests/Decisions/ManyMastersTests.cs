using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>Three masters, of which all but the active one follow it, and a slave.</summary>
public sealed class ManyMastersTests
{
    [Fact]
    public void The_active_one_replicates_from_nobody_and_its_replication_checks_are_OK()
    {
        World w = World.Running(Worlds.Many());

        Assert.Equal(ReplicationAction.Drop, w.Db1.Order!.Replication.Action);
        Assert.All(new[] { "db2", "db3", "db4" }, h => Assert.Equal((ReplicationAction.Follow, "db1"), (w.Hosts[h].Order!.Replication.Action, w.Hosts[h].Order!.Replication.Source!.Host)));
        Assert.Equal((CheckVerdict.Ok, HostState.Online), (w.State.Verdict("db1", CheckKind.RepThreads), w.StateOf("db1")));
    }

    [Fact]
    public void Who_takes_over_is_followed_by_all_the_others_also_by_the_one_that_failed()
    {
        World w = World.Running(Worlds.Many());
        w.Db1.CrashMysqld();
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 10);
        w.Until(() => w.Db3.Source == "db2" && w.Hosts["db4"].Source == "db2" && w.Db2.Source is null, 5);

        w.Db1.StartMysqld();

        w.Until(() => w.Db1.Source == "db2" && w.StateOf("db1") == HostState.Online, 10);
        w.Run(120);
        Assert.All(w.Hosts.Keys, h => Assert.Equal(HostState.Online, w.StateOf(h)));
    }

    /// <summary>One that gives it up has its channel still.</summary>
    [Fact]
    public void The_channel_is_kept_until_the_role_is_there_for_good()
    {
        World w = World.Running(Worlds.Many());
        w.Db2.FailAt = "catch_up";
        w.Say("move_role", "writer", "db2");

        w.Until(() => w.Codes.Contains("writer_move_failed"), 60);

        Assert.DoesNotContain(w.OrdersTo("db2"), o => o.Replication.Action == ReplicationAction.Drop);
        Assert.Equal("db1", w.Db2.Source);
        w.Until(() => w.Db1.EffectiveWriter, 5);
    }

    [Fact]
    public void One_that_was_the_active_master_is_ONLINE_again_only_when_it_replicates()
    {
        World w = World.Running(Worlds.Many());
        w.Db1.CrashMysqld();
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 10);
        w.Db1.FailAt = "repoint";

        w.Db1.StartMysqld();
        w.Run(4);

        Assert.Equal((HostState.AwaitingRecovery, CheckVerdict.Unknown), (w.StateOf("db1"), w.State.Verdict("db1", CheckKind.RepThreads)));
        Assert.Equal("Replication is broken", w.State.Sights["db1"].Checks[CheckKind.RepThreads].Message);
        w.Db1.FailAt = null;
        w.Until(() => w.StateOf("db1") == HostState.Online, 10);
    }

    /// <summary>Its replication fails from the moment on at which it has somebody to follow, not since it lost its channel.</summary>
    [Fact]
    public void After_a_planned_move_the_old_one_is_not_taken_out_for_having_followed_nobody()
    {
        World w = World.Running(Worlds.Many());
        w.Run(300);
        w.Db1.FailAt = "repoint";
        w.Say("move_role", "writer", "db2");
        w.Until(() => w.Db2.EffectiveWriter && w.Doc.Move is null, 10);

        w.Run(3);

        Assert.Equal((HostState.Online, CheckVerdict.Unknown), (w.StateOf("db1"), w.State.Verdict("db1", CheckKind.RepThreads)));
        Assert.Equal("Replication is broken", w.State.Sights["db1"].Checks[CheckKind.RepThreads].Message);
        w.Run(10);
        Assert.Equal(CheckVerdict.Failed, w.State.Verdict("db1", CheckKind.RepThreads));
        w.Db1.FailAt = null;
        w.Until(() => w.State.Verdict("db1", CheckKind.RepThreads) == CheckVerdict.Ok, 5);
    }
}
