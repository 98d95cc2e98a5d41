using System.Collections.Immutable;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Shared.Tests.Ledger;

public sealed class KeeperMachineTests
{
    private static readonly ImmutableArray<string> s_three = ["mon1", "mon2", "mon3"];
    private static readonly Epoch s_five = new(5, "mon1", "i");
    private static readonly Epoch s_six = new(6, "mon2", "j");

    [Fact]
    public void A_promise_is_stored_before_it_is_given_and_a_lower_epoch_is_refused_with_the_higher_one()
    {
        KeeperStep promised = KeeperMachine.Step(Voting(), new LedgerProtocol.Prepare("C1", s_three, [], s_six));
        Assert.Equal(s_six, promised.Store!.Promised);
        Assert.Equal(s_six, Assert.IsType<LedgerProtocol.Promise>(promised.Reply).Epoch);

        KeeperStep refused = KeeperMachine.Step(promised.Next, new LedgerProtocol.Prepare("C1", s_three, [], s_five));
        Assert.Null(refused.Store);
        Assert.Equal(new LedgerProtocol.Refused("C1", "mon1", s_five, s_six), refused.Reply);
        KeeperStep late = KeeperMachine.Step(promised.Next, Accept(s_five, 9, "late"));
        Assert.Null(late.Store);
        Assert.IsType<LedgerProtocol.Refused>(late.Reply);
    }

    [Fact]
    public void Duplicates_are_answered_again_without_storing_and_older_ones_of_the_same_epoch_are_passed_over()
    {
        KeeperState state = KeeperMachine.Step(Voting(), Accept(s_five, 2, "two")).Next;
        KeeperStep again = KeeperMachine.Step(state, Accept(s_five, 2, "two"));
        Assert.Null(again.Store);
        Assert.IsType<LedgerProtocol.Accepted>(again.Reply);
        KeeperStep older = KeeperMachine.Step(state, Accept(s_five, 1, "one"));
        Assert.Equal((null, null, "two"), (older.Store, older.Reply, older.Next.Record!.Document));
    }

    [Fact]
    public void Two_documents_under_one_decision_raise_an_alarm_and_the_second_is_not_stored()
    {
        KeeperState state = KeeperMachine.Step(Voting(), Accept(s_five, 2, "two")).Next;
        KeeperStep other = KeeperMachine.Step(state, Accept(s_five, 2, "another"));
        Assert.Contains("two different documents", other.Alarm);
        Assert.Equal((null, null), (other.Store, other.Reply));
    }

    [Fact]
    public void A_ledger_or_keeper_configured_with_other_monitors_gets_no_vote_and_no_copy()
    {
        ImmutableArray<string> one = ["mon1"];
        var reply = (LedgerProtocol.NotVoting)KeeperMachine.Step(Voting(), new LedgerProtocol.Prepare("C1", one, [], s_six)).Reply!;
        Assert.Equal(KeeperStanding.Misconfigured, reply.Standing);
        Assert.Equal("it is configured with the monitors mon1, mon2, mon3, the one that asks with mon1: give all monitors the same list", reply.Why);
        var copy = (LedgerProtocol.Copy)KeeperMachine.Step(Voting(), new LedgerProtocol.ReadCopy("C1", ["mon1", "mon2"], [], "mon2", 3)).Reply!;
        Assert.Equal((KeeperStanding.Misconfigured, null), (copy.Standing, copy.Document));
    }

    [Fact]
    public void Once_something_is_decided_its_own_list_counts_whatever_is_configured_but_a_stranger_gets_no_copy()
    {
        KeeperState holding = KeeperMachine.Step(Voting(), Accept(s_five, 2, "two")).Next;
        Assert.IsType<LedgerProtocol.Promise>(KeeperMachine.Step(holding, new LedgerProtocol.Prepare("C1", ["mon1", "mon4"], [], s_six)).Reply);
        Assert.Equal("two", ((LedgerProtocol.Copy)KeeperMachine.Step(holding, new LedgerProtocol.ReadCopy("C1", ["mon1", "mon2"], [], "mon2", 3)).Reply!).Document);
        var stranger = (LedgerProtocol.Copy)KeeperMachine.Step(holding, new LedgerProtocol.ReadCopy("C1", ["mon1", "mon9"], [], "mon9", 3)).Reply!;
        Assert.Equal((KeeperStanding.Misconfigured, null), (stranger.Standing, stranger.Document));
        Assert.Equal(KeeperStanding.Voting, KeeperMachine.Start("C1", "mon1", ["mon1", "mon4"], holding.Record, null, 50).Standing);
    }

    [Fact]
    public void A_lost_one_asks_a_quorum_of_the_voters_before_too_while_it_is_not_certain_that_the_change_was_decided()
    {
        LedgerProtocol.Copy changed = CopyOf("mon2", KeeperStanding.Voting) with { Held = new DecisionId(s_five, 2), Document = "two", Voters = Voters.First(s_three).Without("mon3") };
        Assert.Null(KeeperMachine.Step(Blank("damaged"), changed).Store);
        LedgerProtocol.Copy certain = changed with { Voters = changed.Voters!.Settled };
        Assert.Equal("two", KeeperMachine.Step(Blank("damaged"), certain).Store!.Document);
        KeeperState both = KeeperMachine.Step(KeeperMachine.Step(Blank("damaged"), changed).Next, CopyOf("mon3", KeeperStanding.Voting) with { Held = new DecisionId(s_six, 1), Document = "later" }).Next;
        Assert.Equal("later", both.Record!.Document);
    }

    [Fact]
    public void A_bootstrapped_one_votes_alone_above_everything_it_has_promised()
    {
        KeeperRecord record = KeeperBootstrap.Of(KeeperMachine.Step(Voting(), Accept(s_six, 2, "two")).Next.Record!, "mon1");
        ProposerState opened = LedgerProposer.Open(LedgerProposer.Create("C1", s_three, "mon1", "x"), record.Promised.Counter).Next;
        var prepare = (LedgerProtocol.Prepare)LedgerProposer.Outstanding(opened).First().Message;
        var promise = (LedgerProtocol.Promise)KeeperMachine.Step(KeeperMachine.Start("C1", "mon1", s_three, record, null, 60), prepare).Reply!;
        Assert.Equal(("two", ReignPhase.Adopting), (promise.Document, LedgerProposer.Take(opened, promise).Next.Phase));
        Assert.True(record.Held > new DecisionId(s_six, 2) && record.Voters.Names.SequenceEqual(["mon1"]));
    }

    [Fact]
    public void Records_made_with_other_monitors_do_not_vote()
    {
        KeeperState state = KeeperMachine.Start("C1", "mon1", ["mon1"], Voting().Record, null, 50);
        var reply = (LedgerProtocol.NotVoting)KeeperMachine.Step(state, new LedgerProtocol.Prepare("C1", ["mon1"], [], s_six)).Reply!;
        Assert.Equal("its records were made with the monitors mon1, mon2, mon3, but mon1 are configured: put the list of monitors back as it was", reply.Why);
        Assert.Null(KeeperCatchUp.Request(state));
    }

    [Theory]
    [InlineData(KeeperStanding.New)]
    [InlineData(KeeperStanding.Lost)]
    public void One_without_records_promises_nothing_accepts_nothing_and_says_what_it_waits_for(KeeperStanding standing)
    {
        KeeperState state = Blank(standing == KeeperStanding.Lost ? "keeper.db is damaged" : null);
        foreach (LedgerProtocol.IMessage asked in new LedgerProtocol.IMessage[] { new LedgerProtocol.Prepare("C1", s_three, [], s_six), Accept(s_six, 1, "one") })
        {
            KeeperStep step = KeeperMachine.Step(state, asked);
            Assert.Null(step.Store);
            var reply = (LedgerProtocol.NotVoting)step.Reply!;
            Assert.Equal(standing, reply.Standing);
            Assert.EndsWith("it asks the other monitors: mon2 does not answer, mon3 does not answer", reply.Why);
        }
    }

    [Fact]
    public void A_damaged_one_among_new_ones_never_takes_part_in_a_first_installation()
    {
        Assert.Null(KeeperMachine.Step(WithNewMon2(Blank("damaged")), CopyOf("mon3", KeeperStanding.New)).Store);
        Assert.NotNull(KeeperMachine.Step(WithNewMon2(Blank(null)), CopyOf("mon3", KeeperStanding.New)).Store);
        Assert.Null(KeeperMachine.Step(WithNewMon2(Blank(null)), CopyOf("mon3", KeeperStanding.Lost)).Store);
        Assert.Null(KeeperMachine.Step(WithNewMon2(Blank(null)), CopyOf("mon3", KeeperStanding.Voting) with { Held = new DecisionId(s_five, 1), Document = "one" }).Store);
    }

    [Fact]
    public void A_single_monitor_is_a_first_installation_when_new_and_stays_out_when_damaged()
    {
        Assert.NotNull(KeeperCatchUp.Settle(KeeperMachine.Start("C1", "mon1", ["mon1"], null, null, 50)).Store);
        Assert.Null(KeeperCatchUp.Settle(KeeperMachine.Start("C1", "mon1", ["mon1"], null, "damaged", 50)).Store);
    }

    private static KeeperState Voting() =>
        KeeperMachine.Start("C1", "mon1", s_three, new KeeperRecord("C1", s_three, 40, [], s_five, DecisionId.None, null), null, 50);

    private static KeeperState Blank(string? lostBecause) => KeeperMachine.Start("C1", "mon1", s_three, null, lostBecause, 50);

    private static KeeperState WithNewMon2(KeeperState state) => KeeperMachine.Step(state, CopyOf("mon2", KeeperStanding.New)).Next;

    private static LedgerProtocol.Copy CopyOf(string keeper, KeeperStanding standing) =>
        new("C1", keeper, standing, 10, "mon1", 50, [], Epoch.None, DecisionId.None, null, Voters.First(s_three));

    private static LedgerProtocol.Accept Accept(Epoch epoch, long version, string document) => new("C1", s_three, [], new DecisionId(epoch, version), document, Voters.First(s_three));
}
