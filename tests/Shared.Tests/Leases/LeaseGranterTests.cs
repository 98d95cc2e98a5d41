using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Xunit;
using static Mmm.Shared.Messages.LeaseProtocol;
using static Mmm.Shared.Tests.Leases.LeaseCases;

namespace Mmm.Shared.Tests.Leases;

public sealed class LeaseGranterTests
{
    [Fact]
    public void Grants_whatever_no_decision_it_knows_of_has_taken()
    {
        (LeaseGranter next, Granted reply) = Granter().Take(Renew(Id(3), Writer, Reader) with { Seq = 9, Incarnation = 4 }, T(500));

        Assert.Equal([Writer, Reader], reply.Addresses);
        Assert.Equal(("m1", "db1", 4L, 9L, null, true), (reply.Monitor, reply.Host, reply.Incarnation, reply.Seq, reply.Why, reply.Withdrawn.IsEmpty));
        Assert.Equal(new HostAge("db1", 250), Assert.Single(next.Ages(T(750))));
    }

    [Fact]
    public void Has_granted_nothing_to_hosts_that_did_not_ask() => Assert.Empty(Granter().Ages(T(750)));

    [Fact]
    public void Grants_nothing_before_it_knows_the_decisions_of_a_quorum()
    {
        LeaseGranter started = LeaseGranter.Start(Cluster, "m1", Terms, T(0));

        (LeaseGranter next, Granted reply) = started.Take(Renew(Id(3), Writer), T(1));

        Assert.Empty(reply.Addresses);
        Assert.Equal("monitor m1 has not read the decisions of a quorum of monitors yet", reply.Why);
        Assert.Empty(next.Ages(T(2)));
        Assert.Equal([Writer], next.Adopt(DecisionId.None, Held()).Take(Renew(Id(3), Writer), T(1)).Reply.Addresses);
    }

    /// <summary>A host that counts m1 and m2 of the first list, and a coordinator that counts m3 and m4 of the second next, would never meet.</summary>
    [Fact]
    public void Grants_nothing_to_an_agent_that_counts_by_an_earlier_list_of_voters_once_it_knows_of_a_later()
    {
        LeaseGranter knowing = Granter().Knowing(2, T(10));

        (LeaseGranter next, Granted reply) = knowing.Take(Renew(Id(3), Writer) with { Generation = 1 }, T(20));

        Assert.Empty(reply.Addresses);
        Assert.Equal("the list of voting monitors has changed, and host db1 has not been told yet", reply.Why);
        Assert.Empty(next.Ages(T(30)));
        Assert.Equal([Writer], knowing.Take(Renew(Id(3), Writer) with { Generation = 2 }, T(20)).Reply.Addresses);
    }

    [Fact]
    public void Learns_of_a_later_list_from_an_agent_that_counts_by_it_and_remembers_since_when()
    {
        LeaseGranter next = Granter().Take(Renew(Id(3), Writer) with { Generation = 3 }, T(40)).Next;

        Assert.Equal((3, T(40)), (next.Generation, next.GenerationSince));
        Assert.Equal((3, T(40)), (next.Knowing(2, T(90)).Generation, next.Knowing(3, T(90)).GenerationSince));
        Assert.Empty(next.Take(Renew(Id(3), Writer) with { Host = "db2", Generation = 2 }, T(50)).Reply.Addresses);
    }

    [Fact]
    public void Grants_nothing_to_an_agent_with_another_ttl()
    {
        (LeaseGranter next, Granted reply) = Granter().Take(Renew(Id(3), Writer) with { TtlMs = 4200 }, T(1));

        Assert.Empty(reply.Addresses);
        Assert.Equal("monitor m1 is configured with lease.ttl = 3200 ms, host db1 with 4200 ms", reply.Why);
        Assert.Empty(next.Ages(T(2)));
    }

    [Fact]
    public void Grants_nothing_to_a_host_it_is_not_configured_with_and_confirms_that_since_its_start()
    {
        (LeaseGranter next, Granted reply) = Granter().Take(Renew(Id(3), Writer) with { Host = "db9" }, T(1));

        Assert.Empty(reply.Addresses);
        Assert.Equal("monitor m1 is not configured with a host 'db9'", reply.Why);
        Assert.Empty(next.Ages(T(2)));
        Assert.Equal(700, Granter(startedAt: 10_000).Take(Withdraw(Id(4)) with { Host = "db9" }, T(10_700)).Reply!.AgeMs);
    }

    [Fact]
    public void What_was_withdrawn_is_never_granted_to_the_order_before_again_and_its_host_is_told()
    {
        LeaseGranter g = Granter().Take(Renew(Id(3), Writer, Reader), T(0)).Next.Take(Withdraw(Id(5), Reader), T(1)).Next;

        Granted reply = g.Take(Renew(Id(3), Writer, Reader), T(2)).Reply;

        Assert.Equal([Reader], reply.Addresses);
        Assert.Equal([Writer], reply.Withdrawn);
        Assert.Equal("decision 1@m1/5 took writer(10.0.250.50) from db1", reply.Why);
        Assert.Empty(g.Take(Renew(Id(5), Writer), T(2)).Reply.Addresses);
    }

    [Fact]
    public void A_later_order_is_granted_again_what_an_earlier_decision_took()
    {
        LeaseGranter g = Granter().Take(Withdraw(Id(5)), T(1)).Next;

        Assert.Equal([Writer], g.Take(Renew(Id(6), Writer), T(2)).Reply.Addresses);
        Assert.Equal([Writer], g.Take(Renew(Id(1, reign: 2), Writer), T(2)).Reply.Addresses);
        Assert.Empty(g.Take(Renew(Id(3), Writer), T(2)).Reply.Addresses);
    }

    [Fact]
    public void Withdrawn_from_one_host_is_not_withdrawn_from_another()
    {
        LeaseGranter g = Granter().Take(Withdraw(Id(5)), T(1)).Next;

        Assert.Equal([Writer], g.Take(Renew(Id(3), Writer) with { Host = "db2" }, T(2)).Reply.Addresses);
    }

    [Fact]
    public void A_confirmation_tells_the_age_of_the_last_grant_of_something_that_is_taken()
    {
        LeaseGranter g = Granter().Take(Renew(Id(3), Writer), T(1000)).Next.Take(Renew(Id(3), Reader), T(2000)).Next;

        Assert.Equal(
            new Withdrawn("C1", "m1", "db1", Id(5), 1500),
            g.Take(Withdraw(Id(5), Reader), T(2500)).Reply);
        Assert.Equal(500, g.Take(Withdraw(Id(5)), T(2500)).Reply!.AgeMs);
    }

    [Fact]
    public void A_refused_renewal_makes_no_lease_look_younger()
    {
        LeaseGranter g = Granter().Take(Renew(Id(3), Writer), T(1000)).Next.Take(Withdraw(Id(5)), T(1500)).Next.Take(Renew(Id(3), Writer), T(2000)).Next;

        Assert.Equal(1500, g.Take(Withdraw(Id(5)), T(2500)).Reply!.AgeMs);
    }

    [Theory]
    [InlineData(1000.9, 0)]
    [InlineData(1001.0, 1)]
    [InlineData(1999.9, 999)]
    public void A_lease_never_looks_older_than_it_is(double at, long age) =>
        Assert.Equal(age, Granter().Take(Renew(Id(3), Writer), T(1000)).Next.Take(Withdraw(Id(5)), T(at)).Reply!.AgeMs);

    [Fact]
    public void A_restarted_one_answers_as_if_it_had_granted_everything_at_its_start() =>
        Assert.Equal(700, Granter(startedAt: 10_000).Take(Withdraw(Id(5)), T(10_700)).Reply!.AgeMs);

    [Fact]
    public void A_restarted_one_confirms_before_it_knows_the_decisions_and_keeps_to_it_after_it_has_read_older_ones()
    {
        (LeaseGranter next, Withdrawn? reply) = LeaseGranter.Start(Cluster, "m1", Terms, T(0)).Take(Withdraw(Id(5)), T(1));

        Assert.NotNull(reply);
        LeaseGranter adopted = next.Adopt(Id(4), Held(("db1", [Writer])));
        Assert.Empty(adopted.Take(Renew(Id(4), Writer), T(2)).Reply.Addresses);
    }

    [Fact]
    public void A_restarted_one_goes_by_what_it_reads()
    {
        LeaseGranter g = LeaseGranter.Start(Cluster, "m1", Terms, T(0)).Adopt(Id(5), Held(("db1", [Reader]), ("db2", [Writer])));

        Assert.Equal([Reader], g.Take(Renew(Id(4), Writer, Reader), T(1)).Reply.Addresses);
        Assert.Equal([Writer], g.Take(Renew(Id(4), Writer) with { Host = "db2" }, T(1)).Reply.Addresses);
        Assert.Empty(g.Take(Renew(Id(4), Backup) with { Host = "db3" }, T(1)).Reply.Addresses);
    }

    [Fact]
    public void A_stale_withdrawal_is_not_confirmed_once_a_later_decision_gave_back_what_it_took()
    {
        LeaseGranter g = LeaseGranter.Start(Cluster, "m1", Terms, T(0)).Adopt(Id(6), Held(("db1", [Writer])));

        (LeaseGranter next, Withdrawn? reply) = g.Take(Withdraw(Id(5)), T(1));

        Assert.Null(reply);
        Assert.Equal([Writer], next.Take(Renew(Id(6), Writer), T(2)).Reply.Addresses);
    }

    [Fact]
    public void A_stale_withdrawal_is_confirmed_while_later_decisions_are_as_strict_and_weakens_none()
    {
        LeaseGranter g = LeaseGranter.Start(Cluster, "m1", Terms, T(0)).Adopt(Id(6), Held());

        (LeaseGranter next, Withdrawn? reply) = g.Take(Withdraw(Id(5), Reader), T(1));

        Assert.NotNull(reply);
        Assert.Empty(next.Take(Renew(Id(6), Reader), T(2)).Reply.Addresses);
    }

    [Fact]
    public void A_stale_withdrawal_takes_nothing_from_a_later_order()
    {
        LeaseGranter g = Granter().Take(Renew(Id(6), Writer), T(0)).Next.Take(Withdraw(Id(5)), T(1)).Next;

        Assert.Equal([Writer], g.Take(Renew(Id(6), Writer), T(2)).Reply.Addresses);
    }
}
