using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Shared.Tests.Ledger;

public sealed class VotersTests
{
    private static readonly Voters s_three = Voters.First(["mon3", "mon1", "mon2"]);
    private static readonly Epoch s_old = new(5, "mon1", "i");

    [Fact]
    public void Only_voters_make_a_quorum_and_each_only_once()
    {
        Assert.True(s_three.HasQuorum(["mon1", "mon3"]));
        Assert.False(s_three.HasQuorum(["mon1", "mon4", "mon5"]));
        Assert.False(s_three.HasQuorum(["mon1", "mon1"]));
    }

    [Fact]
    public void One_may_come_or_go_at_a_time_and_the_last_one_stays()
    {
        Voters four = s_three.With("mon4");
        Assert.True(four.MayFollow(s_three) && s_three.Without("mon2").MayFollow(s_three) && four.Settled.MayFollow(four) && s_three.MayFollow(s_three));
        Assert.False(four.With("mon5").MayFollow(s_three));
        Assert.False((four with { Names = ["mon1", "mon2", "mon4"] }).MayFollow(s_three));
        Assert.False(new Voters(1, [], ["mon1"]).MayFollow(Voters.First(["mon1"])));
        Assert.Throws<InvalidOperationException>(() => LedgerProposer.Store(Serving(), 1, "one", s_three.With("mon4").Settled.With("mon5")));
    }

    [Fact]
    public void A_proposer_counts_by_the_voters_of_the_highest_document_and_not_by_its_configuration()
    {
        ProposerState state = LedgerProposer.Open(LedgerProposer.Create("C1", ["mon1", "mon2", "mon3", "mon4", "mon5"], "mon1", "x"), 5).Next;
        Voters five = s_three.With("mon4").Settled.With("mon5").Settled;

        // Three of the list as it was are a majority of that, but the third knows that five vote.
        state = Promised(state, "mon1", 1, s_three);
        state = Promised(state, "mon4", 7, five);
        Assert.Equal((ReignPhase.Preparing, 3), (state.Phase, state.Voters.Quorum));
        state = Promised(state, "mon2", 1, s_three);
        Assert.Equal((ReignPhase.Adopting, 7L), (state.Phase, state.Current.Version));
    }

    [Fact]
    public void The_word_of_one_that_does_not_vote_is_not_counted()
    {
        ProposerState state = LedgerProposer.Open(LedgerProposer.Create("C1", ["mon1", "mon2", "mon3", "mon4"], "mon1", "x"), 5).Next;
        state = Promised(Promised(state, "mon1", 3, s_three), "mon4", 3, s_three);
        Assert.Equal(ReignPhase.Preparing, state.Phase);
        Assert.Equal(
            "2 of the 3 voting monitors must have a decision on disk before it counts, 1 answers: mon2 does not answer; mon3 does not answer", LedgerSentences.Missing(state));
        Assert.Equal(ReignPhase.Adopting, Promised(state, "mon3", 3, s_three).Phase);
    }

    private static ProposerState Serving()
    {
        ProposerState state = LedgerProposer.Open(LedgerProposer.Create("C1", s_three.Names, "mon1", "x"), 0).Next;
        foreach (string keeper in s_three.Names)
            state = LedgerProposer.Take(state, new LedgerProtocol.Promise("C1", keeper, 0, [], state.Epoch, DecisionId.None, null, s_three)).Next;
        return state;
    }

    private static ProposerState Promised(ProposerState state, string keeper, long version, Voters voters) =>
        LedgerProposer.Take(state, new LedgerProtocol.Promise("C1", keeper, 0, [], state.Epoch, new DecisionId(s_old, version), $"document {version}", voters)).Next;
}
