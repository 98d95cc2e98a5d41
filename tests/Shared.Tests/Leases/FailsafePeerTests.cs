using Mmm.Shared.Leases;
using Xunit;
using static Mmm.Shared.Messages.LeaseProtocol;
using static Mmm.Shared.Tests.Leases.LeaseCases;

namespace Mmm.Shared.Tests.Leases;

/// <summary>db2 is asked by db1.</summary>
public sealed class FailsafePeerTests
{
    private static readonly Hold s_hold = new("C1", "db1", 7, 21, Id(5), [Writer], TtlMs);

    private static FailsafePeer Peer(bool failsafe = true, double startedAt = -60_000) => FailsafePeer.Start(Cluster, "db2", Terms, failsafe, T(startedAt));

    private static (FailsafePeer Next, Held Reply) Asked(FailsafePeer peer, Hold hold, double at = 0, bool shown = false) => peer.Take(hold, _ => shown, T(at));

    [Fact]
    public void Promises_not_to_take_over_for_a_ttl_and_a_margin()
    {
        (FailsafePeer next, Held reply) = Asked(Peer(), s_hold);

        Assert.Equal(new Held("C1", "db2", "db1", 7, 21, reply.Addresses, null), reply);
        Assert.Equal([Writer], reply.Addresses);
        FailsafePeer given = next.Take(Id(9), [Writer, Reader], found: null);
        Assert.Contains("host 'db1' holds writer(10.0.250.50): it is cut off from the monitors, but alive", given.Obstacle(Writer, T(3413)), StringComparison.Ordinal);
        Assert.Null(given.Obstacle(Writer, T(3414)));
        Assert.Equal(T(3414), given.WakeAt(T(0)));
        Assert.Null(given.Obstacle(Reader, T(0)));
    }

    [Fact]
    public void Each_request_prolongs_the_promise()
    {
        FailsafePeer peer = Asked(Asked(Peer(), s_hold).Next, s_hold, at: 1000).Next;

        Assert.NotNull(peer.Obstacle(Writer, T(4413)));
        Assert.Null(peer.Obstacle(Writer, T(4414)));
    }

    [Fact]
    public void Refuses_what_it_has_been_given_itself()
    {
        (FailsafePeer next, Held reply) = Asked(Peer().Take(Id(6), [Writer], found: null), s_hold);

        Assert.Empty(reply.Addresses);
        Assert.Equal("decision 1@m1/6 gave writer(10.0.250.50) to db2", reply.Why);
        Assert.Empty(next.Promises);
        Assert.Empty(next.Outdated);
    }

    [Fact]
    public void Its_own_order_is_history_when_a_later_one_gave_the_address_to_who_asks()
    {
        FailsafePeer old = Peer().Take(Id(4), [Writer], found: null);

        (FailsafePeer shows, Held no) = Asked(old, s_hold, shown: true);
        (FailsafePeer next, Held yes) = Asked(old, s_hold, shown: false);

        Assert.Equal((0, 1), (no.Addresses.Length, yes.Addresses.Length));
        Assert.Equal([Writer], shows.Outdated);
        Assert.NotNull(next.Obstacle(Writer, T(1)));
        // The order that comes next is not history.
        Assert.Empty(next.Take(Id(8), [Writer], found: null).Outdated);
        Assert.Equal([Writer], next.Take(Id(4), [Writer], found: null).Outdated);
    }

    [Fact]
    public void What_is_held_elsewhere_by_a_later_order_is_not_held_on_to_here()
    {
        AgentLease lease = AgentLease.Start(Setup(host: "db2"), Monitors(3), T(-60_000)).Take(Id(4), [Writer], false, T(0)).Next;
        Renew request = new("C1", "db2", 7, 1, Id(4), [Writer], TtlMs);
        lease = lease.Take(Yes(request, "m1"), T(0)).Next.Take(Yes(request, "m2"), T(0)).Next;
        Assert.Equal([Writer], lease.Cover(T(0)).Keys);

        AgentLeaseStep step = lease.Take(s_hold, T(100));

        Assert.Empty(((Held)step.Reply!).Addresses);
        Assert.DoesNotContain(step.Next.Tick(T(2500)).Asks, a => a is Hold);
    }

    [Fact]
    public void Promises_to_one_host_at_a_time()
    {
        Hold hold = s_hold with { Addresses = [Backup] };
        FailsafePeer peer = Asked(Peer(), hold).Next;

        Held other = Asked(peer, hold with { Host = "db3" }, at: 3413).Reply;

        Assert.Empty(other.Addresses);
        Assert.Equal("backup(10.0.250.60) is promised to 'db1'", other.Why);
        Assert.Equal([Backup], Asked(peer, hold with { Host = "db3" }, at: 3414).Reply.Addresses);
    }

    [Fact]
    public void Promises_nothing_to_a_host_that_may_not_have_it_nor_to_one_with_another_ttl()
    {
        Assert.Contains("'db3' may not carry writer(10.0.250.50)", Asked(Peer(), s_hold with { Host = "db3" }).Reply.Why, StringComparison.Ordinal);
        Assert.Contains("lease.ttl = 3200 ms, db1's with 4200 ms", Asked(Peer(), s_hold with { TtlMs = 4200 }).Reply.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Promises_what_it_can_of_a_request_for_several()
    {
        (FailsafePeer next, Held reply) = Asked(Peer().Take(Id(6), [Backup], found: null), s_hold with { Addresses = [Writer, Backup] });

        Assert.Equal([Writer], reply.Addresses);
        Assert.NotNull(reply.Why);
        Assert.Equal([Writer], next.Promises.Keys);
    }

    [Fact]
    public void After_a_start_it_may_have_forgotten_a_promise_and_waits_as_long_as_one_lasts()
    {
        FailsafePeer peer = Peer(startedAt: 0).Take(Id(9), [Writer, Reader], found: null);

        Assert.Contains("the agent has just started and may have promised writer(10.0.250.50)", peer.Obstacle(Writer, T(3413)), StringComparison.Ordinal);
        Assert.Null(peer.Obstacle(Writer, T(3414)));
        Assert.Null(peer.Obstacle(Reader, T(0)));
        Assert.Equal(T(3414), peer.WakeAt(T(0)));
    }

    [Fact]
    public void After_a_start_it_keeps_what_it_had_as_long_as_it_is_not_taken()
    {
        FailsafePeer peer = Peer(startedAt: 0).Take(Id(4), [Writer], found: [Writer]);

        Assert.Null(peer.Obstacle(Writer, T(0)));
        Assert.Null(peer.WakeAt(T(0)));
        Assert.Null(peer.Take(Id(5), [Writer, Reader], found: null).Obstacle(Writer, T(0)));
        Assert.NotNull(peer.Take(Id(5), [], found: null).Take(Id(6), [Writer], found: null).Obstacle(Writer, T(0)));
    }

    [Fact]
    public void Without_failsafe_there_is_no_promise_to_have_forgotten() =>
        Assert.Null(Peer(failsafe: false, startedAt: 0).Take(Id(9), [Writer], found: null).Obstacle(Writer, T(0)));

    [Fact]
    public void The_holders_own_word_that_it_let_go_ends_the_promise_made_to_it_and_no_other()
    {
        FailsafePeer peer = Asked(Asked(Peer(), s_hold).Next, s_hold with { Host = "db3", Addresses = [Backup] }).Next;

        FailsafePeer released = peer.Released("db1");

        Assert.Null(released.Obstacle(Writer, T(1)));
        Assert.NotNull(released.Obstacle(Backup, T(1)));
    }

    [Fact]
    public void A_promised_address_is_not_covered_by_a_lease_of_the_monitors_either()
    {
        AgentLease lease = AgentLease.Start(Setup(host: "db2"), Monitors(3), T(-60_000)).Take(s_hold, T(0)).Next;
        lease = lease.Take(Id(9), [Writer], false, T(100)).Next;
        Renew request = new("C1", "db2", 7, 1, Id(9), [Writer], TtlMs);
        lease = lease.Take(Yes(request, "m1"), T(100)).Next.Take(Yes(request, "m2"), T(100)).Next;

        Assert.Empty(lease.Cover(T(100)));
        Assert.Contains("host 'db1' holds", lease.Obstacle(Writer, T(100)), StringComparison.Ordinal);
        Assert.Equal([Writer], lease.Released("db1", T(200)).Next.Cover(T(200)).Keys);
    }
}
