using System.Collections.Immutable;
using Mmm.Shared.Agents;
using Mmm.Shared.Decisions;
using Mmm.Shared.Gtids;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>db1, the active master of three, has failed: who comes first, and the word for why. Each case changes what comes before in the order as well, against the one that wins.</summary>
public sealed class CandidatesTests
{
    private readonly Still _still = new() { Topology = Worlds.Many(), Writer = null };
    private readonly Dictionary<string, GtidHistory> _histories = new() { ["db1"] = new("1-1-9", ""), ["db2"] = new("1-1-9", "1-1-9"), ["db3"] = new("1-1-9", "1-1-9") };
    private long? _mark;

    public CandidatesTests()
    {
        _still.States["db1"] = HostState.HardOffline;
        foreach (string host in new[] { "db2", "db3" })
            Received(host, 500);
    }

    [Fact]
    public void Of_equals_the_one_that_is_configured_first_is() => First("db2", "before db3, as it is configured first");

    [Fact]
    public void Of_equals_the_one_of_the_higher_priority_is()
    {
        Prefer("db3", priority: 51);

        First("db3", "before db2, as its priority is higher (51; db2: 50)");
    }

    [Fact]
    public void The_site_of_the_failed_one_comes_before_priority()
    {
        Prefer("db1", site: "east");
        Prefer("db2", priority: 100, site: "west");
        Prefer("db3", priority: 0, site: "east");

        First("db3", "before db2, as db3 is at the site of the last active master");
    }

    [Fact]
    public void Two_without_a_site_are_not_at_the_same_one()
    {
        Prefer("db2", site: "west");

        First("db2", "before db3, as it is configured first");
    }

    [Fact]
    public void The_roles_preferred_host_comes_before_site_and_priority()
    {
        Prefer("db1", site: "east");
        Prefer("db2", priority: 100, site: "east");
        _still.Topology = _still.Topology with { Roles = _still.Topology.Roles.SetItem("writer", _still.Topology.Roles["writer"] with { Prefer = "db3" }) };

        First("db3", "before db2, as db3 is the role's preferred host");
    }

    [Fact]
    public void What_has_been_received_comes_before_what_is_preferred()
    {
        Prefer("db2", priority: 100);
        Received("db3", 501);

        First("db3", "before db2, as db3 has received more (bin.000001:501; db2: bin.000001:500)");
    }

    [Fact]
    public void Who_follows_another_has_received_nothing_of_it()
    {
        Prefer("db2", priority: 100);
        _still.Replication["db2"] = _still.Replication["db2"]! with { SourceHost = "db3" };

        First("db3", "before db2, as db3 has received more (bin.000001:500; db2: it does not follow the last active master)");
    }

    /// <summary>Reports are not of the same moment: under load the later one tells of more.</summary>
    [Fact]
    public void Two_that_had_all_a_moment_before_are_equal()
    {
        Prefer("db2", priority: 51);
        Received("db3", 501);
        _mark = 450;

        First("db2", "before db3, as its priority is higher (51; db3: 50)");
        _mark = 501;
        First("db3", "before db2, as db3 has received more (bin.000001:501; db2: bin.000001:500)");
    }

    [Fact]
    public void Transactions_of_its_own_count_for_more_than_all_that_it_has_received()
    {
        Received("db2", 9000);
        _histories["db2"] = new("1-1-9,5-2-1", "1-1-9");

        First("db3", "before db2, as db2 has transactions of its own (5-2-1)");
    }

    [Fact]
    public void When_all_have_some_it_is_said_what_the_others_get()
    {
        _histories["db2"] = new("1-1-9,5-2-1", "1-1-9");
        _histories["db3"] = new("1-1-9,5-3-4", "1-1-9");

        First("db2", "before db3, as it is configured first; the others get the transactions that only db2 has (5-2-1)");
        _still.States["db3"] = HostState.AdminOffline;
        First("db2", "the others get the transactions that only db2 has (5-2-1)");
    }

    [Fact]
    public void What_the_failed_one_may_have_written_after_its_last_report_is_nobodys_own()
    {
        _histories["db2"] = new("1-1-12", "1-1-12");

        First("db2", "before db3, as it is configured first");
    }

    [Fact]
    public void The_last_active_master_comes_before_all_that_have_received_from_it()
    {
        _still.States["db1"] = HostState.Online;
        Prefer("db2", priority: 100);

        First("db1", "before db2, as db1 was the active master before, and nobody has newer data");
    }

    [Fact]
    public void A_disk_that_fails_is_the_last_choice_of_all()
    {
        _still.States["db1"] = HostState.Online;
        _still.Settings = DiskTests.Settings(DiskReaction.Warn);
        _still.Disks["db1"] = (DiskState.Full, 1);
        Prefer("db2", priority: 51);

        First("db2", "before db3, as its priority is higher (51; db3: 50)");
        Assert.Equal(["db2", "db3", "db1"], Candidates.Of(State()).Select(c => c.Host));
    }

    [Fact]
    public void Who_may_not_have_it_is_none()
    {
        _still.States["db2"] = HostState.AdminOffline;
        _still.SilentAgents.Add("db3");

        Assert.Empty(Candidates.Of(State()));
        Assert.Null(Candidates.WhyFirst(Candidates.Of(State())));
    }

    [Fact]
    public void The_failover_goes_to_the_first_and_its_note_says_why()
    {
        Prefer("db3", priority: 51);
        _still.Writer = "db1";

        ClusterState after = ClusterTransition.Step(State(), new Ticked(_still.At)).State;

        Assert.Equal("db3", after.Document!.Move?.To);
        Assert.Contains(after.Notes, n => n is { Code: "writer_move_started" } && n.Sentence.EndsWith("; before db2, as its priority is higher (51; db2: 50)", StringComparison.Ordinal));
    }

    [Fact]
    public void Explain_names_the_next_one()
    {
        _still.Writer = "db1";
        _still.States.Clear();
        Prefer("db3", priority: 51);

        Assert.Contains("If it failed now, db3 would take over: before db2, as its priority is higher (51; db2: 50).", HostExplanation.Of(State(), "db1"));
        Assert.DoesNotContain(HostExplanation.Of(State(), "db2"), l => l.StartsWith("If it failed", StringComparison.Ordinal));
        _still.States["db2"] = _still.States["db3"] = HostState.AdminOffline;
        Assert.Contains("If it failed now, nobody could take over.", HostExplanation.Of(State(), "db1"));
    }

    private void First(string host, string why)
    {
        ImmutableArray<Candidates.Candidate> candidates = Candidates.Of(State());
        Assert.Equal((host, why), (candidates[0].Host, Candidates.WhyFirst(candidates)));
    }

    private void Prefer(string host, int priority = Host.DefaultPriority, string? site = null) => _still.Topology = _still.Topology with
    {
        Hosts = _still.Topology.Hosts.SetItem(host, _still.Topology.Hosts[host] with { Priority = priority, Site = site }),
    };

    private void Received(string host, long position) =>
        _still.Replication[host] = new ReplicationFacts("10.0.0.1", 3306, "db1", "Yes", true, 0, null, true, new BinlogPosition("bin.000001", position), new BinlogPosition("bin.000001", position));

    /// <summary>As written down, with what each server has.</summary>
    private ClusterState State()
    {
        ClusterState state = _still.State();
        foreach ((string host, GtidHistory history) in _histories)
        {
            HostSight sight = state.Sights[host];
            Report report = sight.Agent! with { Facts = sight.Agent.Facts with { History = history, WritesAs = host[2..] } };
            state = state with { Sights = state.Sights.SetItem(host, sight with { Agent = report, LastUp = report }) };
        }

        if (_mark is { } end)
        {
            state = state with
            {
                MasterMarks =
                [
                    new MasterMark(_still.At.AddSeconds(-3), "db1", null, new BinlogPosition("bin.000001", end)),
                    new MasterMark(_still.At.AddSeconds(-1), "db1", null, new BinlogPosition("bin.000001", 8000)),
                ],
            };
        }

        return state;
    }
}
