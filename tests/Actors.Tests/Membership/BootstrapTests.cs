using System.Collections.Immutable;
using Mmm.Actors.Membership;
using Xunit;
using static Mmm.Shared.Messages.BootstrapProtocol;

namespace Mmm.Actors.Tests.Membership;

public sealed class BootstrapTests
{
    private static readonly ImmutableArray<string> Three = ["mon1", "mon2", "mon3"];

    [Fact]
    public void All_there_and_agreed_the_first_configured_one_forms_at_once() =>
        Assert.IsType<Bootstrap.Form>(Bootstrap.Decide(Fresh("mon1", patienceOver: false, Votes("mon2", "mon1"), Votes("mon3", "mon1"))));

    [Fact]
    public void The_others_wait_for_it() =>
        Assert.IsType<Bootstrap.Wait>(Bootstrap.Decide(Fresh("mon2", patienceOver: true, Votes("mon1", "mon1"), Votes("mon3", "mon1"))));

    [Fact]
    public void Without_the_first_one_the_next_forms_but_only_after_a_moment()
    {
        Assert.IsType<Bootstrap.Wait>(Bootstrap.Decide(Fresh("mon2", patienceOver: false, Votes("mon3", "mon2"))));
        Assert.IsType<Bootstrap.Form>(Bootstrap.Decide(Fresh("mon2", patienceOver: true, Votes("mon3", "mon2"))));
    }

    [Fact]
    public void A_minority_never_forms() => Assert.IsType<Bootstrap.Wait>(Bootstrap.Decide(Fresh("mon1", patienceOver: true)));

    [Fact]
    public void One_who_is_heard_but_names_another_is_no_vote() =>
        Assert.IsType<Bootstrap.Wait>(Bootstrap.Decide(Fresh("mon2", patienceOver: true, Votes("mon3", "mon1"))));

    [Fact]
    public void A_single_configured_monitor_forms_at_once() =>
        Assert.IsType<Bootstrap.Form>(Bootstrap.Decide(Fresh("mon1", patienceOver: false) with { Configured = ["mon1"] }));

    [Fact]
    public void An_existing_cluster_is_joined_even_by_the_first_configured_one()
    {
        var join = Assert.IsType<Bootstrap.Join>(Bootstrap.Decide(Fresh("mon1", patienceOver: true, In("mon2", "mon2", "mon3"), In("mon3", "mon2", "mon3"))));
        Assert.Equal(["mon2", "mon3"], join.Through);
    }

    [Fact]
    public void Of_two_clusters_the_larger_is_joined_and_only_through_its_members()
    {
        Bootstrap.View view = Fresh("mon3", patienceOver: true, In("mon1", "mon1"), In("mon4", "mon4", "mon5"), In("mon5", "mon4", "mon5"));
        var join = Assert.IsType<Bootstrap.Join>(Bootstrap.Decide(view with { Configured = ["mon1", "mon2", "mon3", "mon4", "mon5"] }));
        Assert.Equal(["mon4", "mon5"], join.Through);
    }

    [Fact]
    public void A_lone_remainder_gives_way_to_the_cluster_of_the_others()
    {
        Bootstrap.View alone = InCluster("mon1", ["mon1"], In("mon2", "mon2", "mon3"));
        Assert.Equal(new Bootstrap.GiveWay("mon2"), Bootstrap.Decide(alone));

        // And they do not give way to it.
        Assert.IsType<Bootstrap.Wait>(Bootstrap.Decide(InCluster("mon2", ["mon2", "mon3"], In("mon1", "mon1"))));
    }

    [Fact]
    public void Of_two_equal_ones_exactly_one_gives_way()
    {
        Assert.IsType<Bootstrap.Wait>(Bootstrap.Decide(InCluster("mon1", [], In("mon3"))));
        Assert.IsType<Bootstrap.GiveWay>(Bootstrap.Decide(InCluster("mon3", [], In("mon1"))));
    }

    [Fact]
    public void A_peer_of_the_same_cluster_never_makes_it_give_way()
    {
        // mon1 does not reach mon3 any more; mon2 still sees all three.
        Assert.IsType<Bootstrap.Wait>(Bootstrap.Decide(InCluster("mon1", ["mon1", "mon2"], In("mon2", "mon1", "mon2", "mon3"))));
    }

    [Fact]
    public void An_earlier_life_of_this_node_in_the_others_view_is_not_this_node()
    {
        Hello seesOldSelf = new("mon2", Uid("mon2"), true, null, [Member("mon2"), Member("mon3"), new MemberSeen("mon1", 4711)]);
        Assert.IsType<Bootstrap.GiveWay>(Bootstrap.Decide(InCluster("mon1", ["mon1"], seesOldSelf)));
    }

    private static long Uid(string monitor) => monitor[^1];

    private static MemberSeen Member(string monitor) => new(monitor, Uid(monitor));

    private static Hello Votes(string monitor, string candidate) => new(monitor, Uid(monitor), false, candidate, []);

    private static Hello In(string monitor, params string[] members) => new(monitor, Uid(monitor), true, null, [.. members.Select(Member)]);

    private static Bootstrap.View Fresh(string me, bool patienceOver, params Hello[] heard) =>
        new(me, Uid(me), false, [], Three, heard.ToImmutableSortedDictionary(h => h.Monitor, h => h), patienceOver);

    private static Bootstrap.View InCluster(string me, string[] members, params Hello[] heard) =>
        new(me, Uid(me), true, [.. members.Select(Member)], Three, heard.ToImmutableSortedDictionary(h => h.Monitor, h => h), true);
}
