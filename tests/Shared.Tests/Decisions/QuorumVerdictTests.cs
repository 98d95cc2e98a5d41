using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Xunit;
using static Mmm.Shared.Messages.SightProtocol;

namespace Mmm.Shared.Tests.Decisions;

public sealed class QuorumVerdictTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 3)]
    public void Down_takes_a_quorum_of_the_configured_monitors_and_no_fewer(int monitors, int quorum)
    {
        World w = World.Running(monitors: monitors);
        for (int see = 1; see <= quorum; see++)
        {
            w.Monitors[see - 1].Sees[("db1", CheckKind.Mysql)] = Outcome.Failing;
            w.Run(5);
            Assert.Equal(see < quorum ? CheckVerdict.Ok : CheckVerdict.Failed, w.State.Verdict("db1", CheckKind.Mysql));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void One_lost_observer_neither_makes_nor_unmakes_a_verdict(int monitors)
    {
        foreach (bool lostNetwork in new[] { true, false })
        {
            foreach (bool down in new[] { true, false })
            {
                World w = World.Running(monitors: monitors);
                if (down)
                    w.Db2.CrashMysqld();
                w.Run(5);
                (HostState state, CheckVerdict verdict) = (w.StateOf("db2"), w.State.Verdict("db2", CheckKind.Mysql));
                Assert.Equal(down ? CheckVerdict.Failed : CheckVerdict.Ok, verdict);
                w.Monitors[1].Silent = !lostNetwork;
                w.Monitors[1].NetworkOk = !lostNetwork;
                w.Monitors[1].Sees[("db2", CheckKind.Mysql)] = down ? Outcome.Ok : Outcome.Failing;
                w.Run(30);
                Assert.Equal((state, verdict), (w.StateOf("db2"), w.State.Verdict("db2", CheckKind.Mysql)));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_quorum_of_eyes_nothing_is_decided_and_nothing_sent(bool silent)
    {
        World w = World.Running();
        w.Monitors[0].NetworkOk = w.Monitors[1].NetworkOk = silent;
        w.Look(w.Monitors[0]);
        w.Look(w.Monitors[1]);
        w.Monitors[0].Silent = w.Monitors[1].Silent = silent;
        // A sight is believed for as long as sight_timeout.
        w.Run(silent ? 3.1 : 0.1);
        w.Effects.Clear();
        w.Db1.PowerOff();
        w.Run(20);
        Assert.DoesNotContain(w.Effects, e => e.Effect is not LookAgain);
        Assert.Equal("no_quorum", Snapshots.Of(w.State, 1, null).Phase);
        Assert.Contains(Snapshots.Of(w.State, 1, null).Warnings, x => x.StartsWith("only 1 of 3 monitors (mon3) see the network; 2 are needed", StringComparison.Ordinal));
        Assert.StartsWith("ERROR: Fewer than 2 of 3 monitors", w.Say("move_role", "writer", "db2"));
    }

    /// <summary>Monitors that had no network saw everything fail; when it is back that is not held against the hosts.</summary>
    [Fact]
    public void What_failed_while_the_monitors_had_no_network_does_not_count_when_they_have_it_again()
    {
        World w = World.Running();
        foreach (ModelMonitor m in w.Monitors)
        {
            m.NetworkOk = false;
            foreach (string h in w.Hosts.Keys)
                m.Sees[(h, CheckKind.Ping)] = m.Sees[(h, CheckKind.Mysql)] = Outcome.Failing;
        }

        w.Run(20);
        foreach (ModelMonitor m in w.Monitors)
            m.NetworkOk = true;
        // The checks themselves need a moment longer than the network.
        w.Run(1);
        foreach (ModelMonitor m in w.Monitors)
            m.Sees.Clear();
        w.Run(10);
        Assert.All(w.Hosts.Keys, h => Assert.Equal(HostState.Online, w.StateOf(h)));
        Assert.DoesNotContain(w.Codes, c => c is "host_down" or "role_taken");
    }

    [Fact]
    public void Failure_counts_only_after_trap_period()
    {
        World w = World.Running();
        w.Db2.HangMysqld();
        w.Run(1.4);
        w.Db2.WakeMysqld();
        w.Run(0.6);
        w.Db2.HangMysqld();
        w.Run(1.4);
        Assert.Equal(HostState.Online, w.StateOf("db2"));
        w.Run(1);
        Assert.Equal(HostState.HardOffline, w.StateOf("db2"));
    }

    /// <summary>Two of three saw a failure begin and were paused at once: it may have been over a moment later.</summary>
    [Fact]
    public void Failure_that_paused_observers_saw_begin_does_not_grow_old_without_them()
    {
        World w = World.Running();
        w.Db2.HangMysqld();
        w.Run(0.6);
        w.Monitors[0].Silent = w.Monitors[1].Silent = true;
        w.Db2.WakeMysqld();
        w.Run(2.3);
        Assert.False(w.State.Blind);
        Assert.Equal(HostState.Online, w.StateOf("db2"));
    }

    [Fact]
    public void Refused_connection_counts_at_once_when_the_agent_says_mysqld_is_gone()
    {
        World w = World.Running();
        w.Db2.CrashMysqld();
        w.Run(0.2);
        Assert.Equal(HostState.HardOffline, w.StateOf("db2"));
        Assert.Contains(w.Effects, e => e.Effect is LookAgain { Host: "db2" });
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Refused_connection_waits_for_the_trap_when_the_agent_does_not_confirm_it_or_fewer_than_a_quorum_see_it(bool agentSilent, bool oneSees)
    {
        World w = World.Running();
        if (agentSilent)
        {
            w.Db2.StopAgent();
            w.Run(3);
        }

        if (oneSees)
            w.Monitors[1].Silent = w.Monitors[2].Silent = true;
        w.Db2.CrashMysqld();
        w.Run(0.5);
        Assert.Equal(HostState.Online, w.StateOf("db2"));
    }

    [Fact]
    public void Too_many_connections_is_unknown_and_changes_nothing()
    {
        World w = World.Running();
        foreach (ModelMonitor m in w.Monitors)
            m.Sees[("db1", CheckKind.Mysql)] = Outcome.Unknown;
        w.Run(30);
        Assert.Equal(CheckVerdict.Unknown, w.State.Verdict("db1", CheckKind.Mysql));
        Assert.Equal(HostState.Online, w.StateOf("db1"));
        Assert.Contains(Snapshots.Of(w.State, 1, null).Hosts.Single(h => h.Name == "db1").Checks, c => c is { Check: "mysql", Verdict: "UNKNOWN", Message: "Too many connections! 1040" });
        Assert.Contains("host db1: Too many connections! 1040", Snapshots.Of(w.State, 1, null).Warnings);
    }

    [Fact]
    public void What_one_monitor_adds_to_its_OK_is_said_and_is_no_failure()
    {
        World w = World.Running();
        Assert.DoesNotContain(Snapshots.Of(w.State, 1, null).Warnings, s => s.StartsWith("host db1", StringComparison.Ordinal));
        w.Monitors[1].Remark = ("db1", "Too many connections at port 3306");
        w.Run(1);
        Assert.Equal(CheckVerdict.Ok, w.State.Verdict("db1", CheckKind.Mysql));
        Assert.Contains("host db1: Too many connections at port 3306", Snapshots.Of(w.State, 1, null).Warnings);
    }

    [Fact]
    public void Observer_with_another_configuration_does_not_count_and_is_named()
    {
        World w = World.Running();
        w.State = w.State with { Fingerprint = "ours" };
        w.Monitors[0].Fingerprint = w.Monitors[1].Fingerprint = "theirs";
        w.Monitors[2].Fingerprint = "ours";
        w.Run(1);
        Assert.True(w.State.Blind);
        Assert.Contains("monitor mon1 runs with a different configuration than " + w.State.Coordinator + "; its word does not count", Snapshots.Of(w.State, 1, null).Warnings);
        w.Monitors[1].Fingerprint = "ours";
        w.Run(1);
        Assert.False(w.State.Blind);
    }

    [Fact]
    public void Older_and_repeated_reports_change_nothing()
    {
        World w = World.Running();
        VantageReport old = w.Monitors[0].Look();
        VantageReport now = w.Monitors[0].Look();
        w.Feed(new VantageReported(w.At, now));
        w.Feed(new VantageReported(w.At, old));
        Assert.Same(now, w.State.Vantages["mon1"].Report);
        AgentProtocol.Report first = w.Db1.ReportNow(), second = w.Db1.ReportNow();
        w.Feed(new AgentReported(w.At, second));
        w.Feed(new AgentReported(w.At, first));
        Assert.Same(second, w.State.Sights["db1"].Agent);
    }

    /// <summary>A machine whose clock was set back gives its processes lower incarnations; they must be heard all the same.</summary>
    [Fact]
    public void Process_with_an_older_incarnation_is_believed_once_the_newer_one_is_silent()
    {
        World w = World.Running();
        w.Db2.StopAgent();
        w.Monitors[0].Silent = true;
        w.Run(5);
        w.Db2.StartAgent();
        w.Db2.Incarnation = -7;
        w.Monitors[0].Incarnation = -7;
        w.Monitors[0].Silent = false;
        w.Run(2);
        Assert.True(w.State.AgentReachable("db2"));
        Assert.Equal(-7, w.State.Vantages["mon1"].Report.Incarnation);
    }

    [Fact]
    public void Replication_that_nobody_probes_any_more_becomes_unknown()
    {
        World w = World.Running();
        w.Probing = false;
        w.Run(8);
        Assert.Equal(CheckVerdict.Ok, w.State.Verdict("db3", CheckKind.RepThreads));
        w.Run(3);
        Assert.Equal(CheckVerdict.Unknown, w.State.Verdict("db3", CheckKind.RepThreads));
        Assert.Equal(HostState.Online, w.StateOf("db3"));
    }
}
