using System.Collections.Immutable;
using Mmm.Shared.Checks;
using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Tests.Decisions;

/// <summary>What the coordinator makes of what agents see on the network: db1 has the writer, db1, db2 and db3 a reader each, and it has been so for long.</summary>
public sealed class AddressConflictsTests
{
    private const string Stranger = "02:00:00:00:00:99";

    private readonly Still _s = new();
    private ClusterState _state = null!;
    private long _seq = 1;

    private RoleAddress Writer => _s.Topology.WriterAddress;

    private RoleAddress Reader => _state.Document!.Slots.First(s => s.Owner == "db3").Address;

    [Fact]
    public void A_foreign_machine_is_told_of_once_it_was_seen_by_two_looks_and_once_it_is_gone()
    {
        Begin();
        Reports("db2", 10, 0, Looked(Writer, Stranger));
        Assert.Empty(Noted("address_foreign"));
        Assert.Empty(Warnings());

        // The same look again, in the next heartbeats, is no second one.
        Reports("db2", 10.5, 500, Looked(Writer, Stranger));
        Reports("db2", 12, 2000, Looked(Writer, Stranger));
        Assert.Empty(Noted("address_foreign"));

        Reports("db2", 15, 0, Looked(Writer, Stranger));
        Reports("db3", 16, 0, Looked(Writer, Stranger));
        Reports("db2", 20, 0, Looked(Writer, Stranger));
        Note note = Assert.Single(Noted("address_foreign"));
        Assert.Contains(Stranger, note.Sentence, StringComparison.Ordinal);
        string warning = Assert.Single(Warnings());
        Assert.Contains($"{Writer} (MAC {Stranger}, seen by db2, db3), but it belongs to host db1", warning, StringComparison.Ordinal);

        Reports("db2", 25, 0, Looked(Writer));
        Assert.Empty(Noted("address_clear"));
        Reports("db3", 26, 0, Looked(Writer));
        Reports("db3", 31, 0, Looked(Writer));
        Assert.Single(Noted("address_clear"));
        Assert.Empty(Warnings());
    }

    [Fact]
    public void A_witness_that_falls_silent_is_none_any_more()
    {
        Begin();
        Reports("db2", 10, 0, Looked(Writer, Stranger));
        Reports("db2", 15, 0, Looked(Writer, Stranger));
        Assert.Single(Warnings());

        Tick(15 + (_s.Settings.AgentTimeout.TotalSeconds * 2));

        Assert.DoesNotContain(Warnings(), w => w.Contains(Stranger, StringComparison.Ordinal));
        Assert.Single(Noted("address_clear"));
    }

    [Theory]
    [InlineData("db1")]
    [InlineData("db2")]
    public void The_host_that_should_have_it_and_the_witness_itself_are_no_conflict_by_whichever_interface(string host)
    {
        Begin();
        Reports(host, 9, 0, [], "02:00:00:00:00:01", "02:00:00:00:00:02");
        foreach (double at in (double[])[10, 15, 20])
            Reports("db2", at, 0, Looked(Writer, "02:00:00:00:00:02"), host == "db2" ? ["02:00:00:00:00:01", "02:00:00:00:00:02"] : []);

        Assert.Empty(Warnings());
        Assert.Empty(_state.AddressConflicts);
    }

    [Fact]
    public void A_host_that_should_not_have_it_is_sent_its_order_again_every_second_until_it_has_let_go()
    {
        Begin();
        Reports("db3", 9, 0, [], Of("db3"));
        StepResult step = Reports("db2", 10, 0, Looked(Writer, Of("db3")));

        Assert.Equal(["db3"], Told(step));
        Assert.DoesNotContain(step.Effects, e => e is RelayOrder or StoreDocument);
        Assert.Single(Noted("address_stray"));
        Assert.Contains("host db3 answers for", Assert.Single(Warnings()), StringComparison.Ordinal);

        Assert.Empty(Told(Reports("db2", 10.5, 500, Looked(Writer, Of("db3")))));
        Reports("db3", 10.9, 0, [], Of("db3"));
        Assert.Equal(["db3"], Told(Reports("db2", 11.1, 0, Looked(Writer, Of("db3")))));
        Assert.Empty(Told(Reports("db2", 12, 0, Looked(Writer))));
        Assert.Single(Noted("address_stray"));
        Assert.Single(Noted("address_clear"));
    }

    [Fact]
    public void A_host_whose_agent_cannot_be_reached_is_told_through_the_agent_that_sees_it()
    {
        // db3 kept its reader address when it was cut off; the coordinator has given it to db2 since, and knows db3's interfaces by db2's word only.
        _s.States["db3"] = HostState.HardOffline;
        _s.Set("db3", CheckVerdict.Failed, CheckKind.Ping, CheckKind.Mysql).NeverHeard.Add("db3");
        Begin();
        RoleAddress kept = _state.Document!.Slots.First(s => s.Owner == "db2").Address;

        StepResult step = Reports("db2", 10, 0, [new AddressLook(kept, 0, [new Answerer(Of("db3"), "db3")])]);

        RelayOrder relay = Assert.Single(step.Effects.OfType<RelayOrder>());
        Assert.Equal(("db2", "db3"), (relay.Via, relay.Order.Host));
        Assert.DoesNotContain(kept, relay.Order.Roles);
        Assert.Contains(Warnings(), w => w.Contains("db3 is told to let go of it through db2", StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_seen_before_or_just_after_an_address_changed_hands_says_nothing()
    {
        Begin();
        Reports("db3", 9, 0, [], Of("db3"));
        RoleAddress moved = Reader;
        RoleSlot other = _state.Document!.Slots.First(s => s.Owner == "db2");
        _state = _state with { Document = _state.Document.With(_state.Document.Slot(moved) with { Owner = "db2" }).With(other with { Owner = "db3" }) };
        Tick(10);

        Assert.Empty(Told(Reports("db1", 10.2, 1500, Looked(moved, Of("db3")))));
        Assert.Empty(Told(Reports("db1", 10.9, 0, Looked(moved, Of("db3")))));
        Assert.Empty(Noted("address_stray"));

        Assert.Equal(["db3"], Told(Reports("db1", 11.1, 0, Looked(moved, Of("db3")))));
    }

    [Fact]
    public void A_machine_that_nobody_can_name_yet_is_no_stranger_before_the_agents_have_been_heard()
    {
        _s.NeverHeard.Add("db3");
        Begin();
        _state = _state with { WatchingSince = _s.At + TimeSpan.FromSeconds(9.5) };
        Reports("db2", 10, 0, Looked(Writer, Of("db3")));
        Reports("db2", 11.4, 0, Looked(Writer, Of("db3")));
        Assert.Empty(_state.AddressConflicts);
    }

    [Fact]
    public void In_passive_mode_nobody_is_told_anything()
    {
        Begin();
        Reports("db3", 9, 0, [], Of("db3"));
        _state = _state with { Document = _state.Document! with { Mode = ClusterMode.Passive } };
        StepResult step = Reports("db2", 10, 0, Looked(Writer, Of("db3")));

        Assert.DoesNotContain(step.Effects, e => e is SendOrder or RelayOrder);
        Assert.EndsWith("in PASSIVE mode it is not told to let go of it", Assert.Single(Warnings()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "ERROR: A machine that is no host of this cluster answers for")]
    [InlineData(true, "OK:")]
    public void The_writer_is_not_moved_away_from_a_host_that_shows_it_to_one_that_would_not(bool take, string answer)
    {
        Begin();
        _state = _state with { TakeAnyway = take };
        Reports("db2", 10, 0, Looked(Writer, Stranger));
        Reports("db2", 15, 0, Looked(Writer, Stranger));

        StepResult step = Step(new CommandGiven(_s.At + TimeSpan.FromSeconds(15), new ControlProtocol.Command("c", "C1", "move_role", ["writer", "db2"], "test")));

        Assert.StartsWith(answer, step.Effects.OfType<GiveAnswer>().Single().Answer.Text, StringComparison.Ordinal);
    }

    public static TheoryData<NetworkFacts> Impossible()
    {
        RoleAddress writer = Worlds.Topology().WriterAddress;
        Answerer stranger = new(Stranger, null);
        return
        [
            new NetworkFacts(["no mac"], []),
            new NetworkFacts(["02:00:00:00:00:0G"], []),
            new NetworkFacts(["01:00:5e:00:00:01"], []),
            new NetworkFacts(["00:00:00:00:00:00"], []),
            new NetworkFacts([.. Enumerable.Repeat(Stranger, 5000)], []),
            new NetworkFacts([], [new(new("writer", "192.0.2.1"), 0, [])]),
            new NetworkFacts([], [new(writer, -1, [stranger])]),
            new NetworkFacts([], [new(writer, long.MaxValue, [stranger])]),
            new NetworkFacts([], [new(writer, 0, [new("x", null)])]),
            new NetworkFacts([], [new(writer, 0, [new(Stranger, "nosuch")])]),
            new NetworkFacts([], [new(writer, 0, [.. Enumerable.Repeat(stranger, 9)])]),
            new NetworkFacts([], [new(writer, 0, []), new(writer, 0, [])]),
            new NetworkFacts([], [.. Enumerable.Repeat(new AddressLook(writer, 0, []), 1000)]),
        ];
    }

    [Theory]
    [MemberData(nameof(Impossible))]
    public void What_no_agent_can_have_seen_is_dropped_as_a_whole_and_the_rest_of_the_report_counts(NetworkFacts network)
    {
        Begin();
        Step(new AgentReported(_s.At + TimeSpan.FromSeconds(10), _state.Sights["db2"].Agent! with { Seq = 100, Network = network }));

        Assert.Equal(100, _state.Sights["db2"].Agent!.Seq);
        Assert.Null(_state.Sights["db2"].Agent!.Network);
    }

    private static string Of(string host) => $"02:00:00:00:00:1{host[^1]}";

    private static ImmutableArray<AddressLook> Looked(RoleAddress address, params string[] macs) => [new AddressLook(address, 0, [.. macs.Select(m => new Answerer(m, null))])];

    private void Begin()
    {
        _state = _s.State();
        Tick(0);
    }

    private StepResult Step(ClusterEvent e)
    {
        StepResult step = ClusterTransition.Step(_state, e);
        _state = step.State;
        return step;
    }

    /// <summary>Time passes; monitors and the other agents go on as before, except those that are silent.</summary>
    private StepResult Tick(double seconds)
    {
        DateTimeOffset at = _s.At + TimeSpan.FromSeconds(seconds);
        _state = _state with
        {
            Vantages = _state.Vantages.ToImmutableSortedDictionary(v => v.Key, v => v.Value with { ReceivedAt = at }),
            // No event was missed: this is one moment after another, written down.
            At = at,
            // Obedient agents: whatever is sent to them once more is sent because of a conflict.
            Sights = _state.Sights.ToImmutableSortedDictionary(s => s.Key, s => s.Value.Agent is { } said && _state.Orders.TryGetValue(s.Key, out IssuedOrder? issued)
                ? s.Value with { Agent = said with { Progress = new OrderProgress(issued.Order.Id, OrderStatus.Done, null, null, []) } } : s.Value),
        };
        return Step(new Ticked(at));
    }

    private StepResult Reports(string host, double seconds, long ageMs, ImmutableArray<AddressLook> looks, params string[] macs)
    {
        DateTimeOffset at = _s.At + TimeSpan.FromSeconds(seconds);
        _state = _state with { Sights = _state.Sights.ToImmutableSortedDictionary(s => s.Key, s => s.Value.Agent is null ? s.Value : s.Value with { HeardAt = at }) };
        StepResult tick = Tick(seconds);
        NetworkFacts known = _state.Sights[host].Agent?.Network ?? new NetworkFacts([], []);
        var network = new NetworkFacts(macs.Length > 0 ? [.. macs] : known.Macs, [.. looks.Select(l => l with { AgeMs = ageMs })]);
        Report report = _state.Sights[host].Agent! with { Seq = ++_seq, Network = network };
        StepResult step = Step(new AgentReported(at, report));
        return step with { Effects = [.. tick.Effects, .. step.Effects] };
    }

    private IEnumerable<string> Told(StepResult step) => step.Effects.OfType<SendOrder>().Select(e => e.Order.Host);

    private IEnumerable<Note> Noted(string code) => _state.Notes.Where(n => n.Code == code);

    private string[] Warnings() => [.. Snapshots.Of(_state, 1, null).Warnings.Where(w => w.Contains("answers for", StringComparison.Ordinal))];
}
