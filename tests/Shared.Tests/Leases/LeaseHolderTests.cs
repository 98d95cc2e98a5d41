using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Topology;
using Xunit;
using static Mmm.Shared.Messages.LeaseProtocol;
using static Mmm.Shared.Tests.Leases.LeaseCases;

namespace Mmm.Shared.Tests.Leases;

public sealed class LeaseHolderTests
{
    [Fact]
    public void Counts_the_voters_of_its_order_and_asks_at_once_when_they_change()
    {
        LeaseHolder holder = Granted(Holder(), Id(3), 0, Writer);
        Voters five = holder.Voters.With("m4").Settled.With("m5").Settled;

        HolderStep step = holder.Take(Id(4), [Writer], T(100), five);

        Renew request = Assert.IsType<Renew>(Assert.Single(step.Asks));
        Assert.Equal(2, request.Generation);
        Assert.Equal(T(TtlMs - 200), Answered(step.Next, request, "m1", "m2").Left(Writer, T(200)));
        Assert.Equal(T(TtlMs - 100), Answered(step.Next, request, "m1", "m2", "m5").Left(Writer, T(200)));
    }

    [Fact]
    public void A_new_order_is_asked_for_at_once_and_covers_nothing_before_it_is_granted()
    {
        HolderStep step = Holder().Take(Id(3), [Writer, Reader], T(1000));

        Renew request = Assert.IsType<Renew>(Assert.Single(step.Asks));
        Assert.Equal(("C1", "db1", 7L, 1L, Id(3), TtlMs), (request.Cluster, request.Host, request.Incarnation, request.Seq, request.Order, request.TtlMs));
        Assert.Equal(new HashSet<RoleAddress> { Writer, Reader }, [.. request.Claims]);
        Assert.Equal(TimeSpan.Zero, step.Next.Left(Writer, T(1000)));
    }

    [Fact]
    public void A_lease_runs_from_when_its_request_was_sent_however_late_the_answers_are()
    {
        HolderStep step = Holder().Take(Id(3), [Writer], T(1000));
        Renew request = step.Asks.OfType<Renew>().Single();

        LeaseHolder late = Answered(step.Next.Tick(T(3500)).Next, request, "m2", "m3");

        Assert.Equal(T(700), late.Left(Writer, T(3500)));
        Assert.Equal(TimeSpan.Zero, late.Left(Writer, T(4200)));
        Assert.Contains(Writer, late.Tick(T(4200)).Lapsed);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 3)]
    public void A_quorum_of_the_configured_monitors_must_grant(int monitors, int quorum)
    {
        HolderStep step = Holder(monitors).Take(Id(3), [Writer], T(0));
        Renew request = step.Asks.OfType<Renew>().Single();
        LeaseHolder holder = step.Next;
        for (int i = 1; i <= quorum; i++)
        {
            Assert.Equal(TimeSpan.Zero, holder.Left(Writer, T(1)));
            // Said twice it is one monitor's word.
            holder = Answered(holder, request, $"m{i}", $"m{i}");
        }

        Assert.Equal(T(TtlMs - 1), holder.Left(Writer, T(1)));
    }

    [Fact]
    public void Answers_to_different_requests_make_no_quorum()
    {
        HolderStep first = Holder().Take(Id(3), [Writer], T(0));
        HolderStep second = first.Next.Tick(T(640));
        LeaseHolder holder = Answered(second.Next, first.Asks.OfType<Renew>().Single(), "m1");

        holder = Answered(holder, second.Asks.OfType<Renew>().Single(), "m2");

        Assert.Equal(TimeSpan.Zero, holder.Left(Writer, T(650)));
    }

    [Fact]
    public void Answers_to_an_earlier_request_never_shorten_a_lease()
    {
        HolderStep first = Holder().Take(Id(3), [Writer], T(0));
        HolderStep second = first.Next.Tick(T(640));
        LeaseHolder holder = Answered(second.Next, second.Asks.OfType<Renew>().Single(), "m1", "m2");

        holder = Answered(holder, first.Asks.OfType<Renew>().Single(), "m1", "m2");

        Assert.Equal(T(TtlMs), holder.Left(Writer, T(640)));
    }

    [Fact]
    public void Answers_from_strangers_or_to_another_process_or_to_requests_never_made_count_nothing()
    {
        HolderStep step = Holder().Take(Id(3), [Writer], T(0));
        Renew request = step.Asks.OfType<Renew>().Single();

        LeaseHolder holder = step.Next.Take(Yes(request, "m1"))
            .Take(Yes(request, "m4")).Take(Yes(request, "db2"))
            .Take(Yes(request, "m2") with { Incarnation = 6 })
            .Take(Yes(request, "m2") with { Seq = 2 })
            .Take(Yes(request, "m2") with { Addresses = [Reader] });

        Assert.Equal(TimeSpan.Zero, holder.Left(Writer, T(1)));
        Assert.Equal(TimeSpan.Zero, holder.Left(Reader, T(1)));
    }

    [Fact]
    public void Each_address_has_its_own_quorum()
    {
        HolderStep step = Holder().Take(Id(3), [Writer, Reader], T(0));
        Renew request = step.Asks.OfType<Renew>().Single();

        LeaseHolder holder = step.Next.Take(Yes(request, "m1")).Take(Yes(request, "m2") with { Addresses = [Reader], Withdrawn = [Writer], Why = "taken" });

        Assert.Equal((TimeSpan.Zero, T(TtlMs)), (holder.Left(Writer, T(0)), holder.Left(Reader, T(0))));
        Assert.Equal("taken", Assert.Single(holder.Refusals).Value);
    }

    [Fact]
    public void A_lease_is_renewed_every_fifth_of_its_time()
    {
        LeaseHolder holder = Granted(Holder(), Id(3), 0, Writer);

        Assert.Empty(holder.Tick(T(639)).Asks);
        HolderStep step = holder.Tick(T(640));
        Assert.IsType<Renew>(Assert.Single(step.Asks));
        Assert.Empty(step.Next.Tick(T(641)).Asks);
    }

    [Fact]
    public void An_order_that_adds_an_address_is_asked_for_at_once()
    {
        LeaseHolder holder = Granted(Holder(), Id(3), 0, Reader);

        HolderStep step = holder.Take(Id(4), [Reader, Writer], T(100));

        Assert.Equal(Id(4), step.Asks.OfType<Renew>().Single().Order);
        Assert.Equal((TimeSpan.Zero, T(TtlMs)), (step.Next.Left(Writer, T(100)), step.Next.Left(Reader, T(100))));
    }

    [Fact]
    public void An_order_that_takes_an_address_ends_its_lease_and_late_answers_do_not_bring_it_back()
    {
        LeaseHolder holder = Granted(Holder(keep: false), Id(3), 0, Writer, Reader);
        HolderStep renewing = holder.Tick(T(640));

        HolderStep step = renewing.Next.Take(Id(4), [Reader], T(700));
        LeaseHolder late = Answered(step.Next, renewing.Asks.OfType<Renew>().Single(), "m1", "m2", "m3");

        Assert.Empty(step.Asks);
        Assert.Equal(TimeSpan.Zero, late.Left(Writer, T(700)));
        Assert.Equal(T(TtlMs - 60), late.Left(Reader, T(700)));
    }

    [Fact]
    public void A_host_without_addresses_asks_for_nothing_and_sleeps()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Writer).Take(Id(4), [], T(10));

        Assert.Null(step.Next.WakeAt);
        Assert.Empty(step.Next.Tick(T(10_000)).Asks);
    }

    [Fact]
    public void The_other_hosts_are_asked_at_two_thirds_for_exclusive_addresses_only()
    {
        LeaseHolder holder = Granted(Holder(), Id(3), 0, Writer, Reader);

        Assert.DoesNotContain(holder.Tick(T(2133)).Asks, a => a is Hold);
        Hold hold = Assert.Single(holder.Tick(T(2134)).Asks.OfType<Hold>());
        Assert.Equal([Writer], hold.Addresses);
        Assert.Equal((Id(3), TtlMs), (hold.Order, hold.TtlMs));
        Assert.DoesNotContain(Granted(Holder(failsafe: false), Id(3), 0, Writer).Tick(T(2500)).Asks, a => a is Hold);
    }

    [Fact]
    public void The_word_of_all_rivals_lets_a_lease_go_on_from_when_they_were_asked()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Writer).Tick(T(2200));
        Hold hold = step.Asks.OfType<Hold>().Single();

        LeaseHolder holder = step.Next.Take(Agrees(hold, "db2"));

        Assert.Equal(T(2200 + TtlMs - 3000), holder.Left(Writer, T(3000)));
        Assert.Equal([Writer], holder.ByPeers);
        LeaseHolder byMonitors = Answered(holder, step.Asks.OfType<Renew>().Single(), "m1", "m2");
        Assert.Equal([Writer], byMonitors.ByPeers);
        HolderStep renewed = byMonitors.Tick(T(3000));
        Assert.Empty(Answered(renewed.Next, renewed.Asks.OfType<Renew>().Single(), "m1", "m2").ByPeers);
    }

    [Fact]
    public void One_rival_that_does_not_agree_is_enough_for_a_lease_to_end()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Backup).Tick(T(2200));
        Hold hold = step.Asks.OfType<Hold>().Single();

        LeaseHolder holder = step.Next.Take(Agrees(hold, "db2")).Take(Agrees(hold, "db2"))
            .Take(Agrees(hold, "db3") with { Addresses = [], Why = "given to db3" })
            .Take(Agrees(hold, "db1")).Take(Agrees(hold, "m1"));

        Assert.Equal(T(1000), holder.Left(Backup, T(2200)));
        Assert.Equal([Backup], holder.Tick(T(3200)).Lapsed);
        Assert.Equal(TimeSpan.FromMilliseconds(2200 + TtlMs - 3200), holder.Take(Agrees(hold, "db3")).Left(Backup, T(3200)));
    }

    [Fact]
    public void Monitors_do_not_answer_for_hosts_nor_hosts_for_monitors()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Writer).Tick(T(2200));
        Hold hold = step.Asks.OfType<Hold>().Single();
        Renew renew = step.Asks.OfType<Renew>().Single();

        LeaseHolder holder = step.Next.Take(Agrees(hold, "db2") with { Seq = renew.Seq })
            .Take(Yes(renew, "m1") with { Seq = hold.Seq }).Take(Yes(renew, "m2") with { Seq = hold.Seq });

        Assert.Equal(T(1000), holder.Left(Writer, T(2200)));
    }

    [Fact]
    public void Promises_never_begin_a_lease_nor_revive_one_that_has_run_out()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Writer).Tick(T(2200));
        Hold hold = step.Asks.OfType<Hold>().Single();

        LeaseHolder holder = step.Next.Tick(T(3200)).Next.Take(Agrees(hold, "db2"));

        Assert.Equal(TimeSpan.Zero, holder.Left(Writer, T(3200)));
    }

    [Fact]
    public void Nobody_is_asked_to_hold_what_a_later_decision_has_taken()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Writer).Tick(T(640));
        Renew request = step.Asks.OfType<Renew>().Single();

        LeaseHolder holder = step.Next.Take(Yes(request, "m1") with { Addresses = [], Withdrawn = [Writer], Why = "taken" });

        Assert.DoesNotContain(holder.Tick(T(2500)).Asks, a => a is Hold);
        // Given again by a later order, it is held on to again.
        LeaseHolder again = Granted(holder.Tick(T(3200)).Next, Id(9), 3300, Writer);
        Assert.Contains(again.Tick(T(3300 + 2200)).Asks, a => a is Hold);
    }

    [Fact]
    public void What_a_later_decision_has_taken_ends_at_once_whatever_the_others_still_grant()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Writer, Reader).Tick(T(640));
        Renew request = step.Asks.OfType<Renew>().Single();
        LeaseHolder told = step.Next.Take(Yes(request, "m1") with { Addresses = [Reader], Withdrawn = [Writer], Why = "taken" });

        HolderStep lapsing = told.Tick(T(650));
        LeaseHolder others = Answered(lapsing.Next, request, "m2", "m3");

        Assert.Equal([Writer], lapsing.Lapsed);
        Assert.Equal((TimeSpan.Zero, T(TtlMs)), (others.Left(Writer, T(640)), others.Left(Reader, T(640))));
    }

    [Fact]
    public void After_a_doubt_only_a_request_made_since_lets_a_lease_go_on()
    {
        HolderStep before = Granted(Holder(keep: false), Id(3), 0, Writer, Reader).Tick(T(640));
        Renew early = before.Asks.OfType<Renew>().Single();

        HolderStep doubted = before.Next.Doubt(T(700));
        LeaseHolder late = Answered(doubted.Next, early, "m1", "m2", "m3");

        Assert.Equal(T(TtlMs / 10), late.Left(Writer, T(700)));
        Assert.Equal(new HashSet<RoleAddress> { Writer, Reader }, [.. late.Tick(T(700 + (TtlMs / 10))).Lapsed]);
        Renew since = doubted.Asks.OfType<Renew>().Single();
        Assert.Equal(T(TtlMs - 100), Answered(late, since, "m2", "m3").Left(Writer, T(800)));
    }

    [Fact]
    public void A_doubt_asks_the_other_hosts_too_and_never_lengthens_a_lease()
    {
        LeaseHolder nearlyOver = Granted(Holder(), Id(3), 0, Writer);

        HolderStep doubted = nearlyOver.Doubt(T(TtlMs - 10));

        Assert.Equal(T(10), doubted.Next.Left(Writer, T(TtlMs - 10)));
        Hold hold = Assert.Single(doubted.Asks.OfType<Hold>());
        Assert.Equal(T(TtlMs), doubted.Next.Take(Agrees(hold, "db2")).Left(Writer, T(TtlMs - 10)));
    }

    [Fact]
    public void A_balanced_address_that_is_kept_anyway_is_kept_in_doubt()
    {
        LeaseHolder holder = Granted(Holder(keep: true), Id(3), 0, Reader);

        Assert.Empty(holder.Doubt(T(100)).Next.Tick(T(1000)).Lapsed);
    }

    [Fact]
    public void A_refusal_of_an_earlier_order_says_nothing_about_a_later_one()
    {
        HolderStep step = Granted(Holder(), Id(3), 0, Writer).Tick(T(640));
        Renew request = step.Asks.OfType<Renew>().Single();

        LeaseHolder holder = step.Next.Take(Id(4), [Writer], T(650)).Next.Take(Yes(request, "m1") with { Addresses = [], Withdrawn = [Writer], Why = "taken" });

        Assert.Empty(holder.Withdrawn);
    }

    [Fact]
    public void Where_nobody_else_may_carry_an_address_all_others_agree()
    {
        ClusterTopology alone = Cluster with { Roles = Cluster.Roles.SetItem("backup", Cluster.Roles["backup"] with { Hosts = ["db1"] }) };
        LeaseHolder holder = Granted(Holder() with { Setup = Setup() with { Topology = alone } }, Id(3), 0, Backup);

        Assert.Equal(T(TtlMs), holder.Tick(T(2200)).Next.Left(Backup, T(2200)));
    }

    [Fact]
    public void A_balanced_address_is_kept_without_a_quorum_until_a_later_decision_is_heard_of()
    {
        LeaseHolder holder = Granted(Holder(keep: true), Id(3), 0, Reader);
        HolderStep step = holder.Tick(T(9000));

        Assert.Empty(step.Lapsed);
        Assert.Equal(T(TtlMs), step.Next.Left(Reader, T(9000)));
        LeaseHolder told = step.Next.Take(Yes(step.Asks.OfType<Renew>().Single(), "m3") with { Addresses = [], Withdrawn = [Reader], Why = "taken" });
        Assert.Equal(TimeSpan.Zero, told.Left(Reader, T(9000)));
        Assert.Equal([Reader], told.Tick(T(9000)).Lapsed);
    }

    [Fact]
    public void A_balanced_address_that_is_not_to_be_kept_goes_as_any_other()
    {
        LeaseHolder holder = Granted(Holder(keep: false), Id(3), 0, Reader);

        Assert.Equal([Reader], holder.Tick(T(TtlMs)).Lapsed);
        Assert.Empty(holder.Tick(T(TtlMs - 1)).Lapsed);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void It_has_something_to_do_when_it_wakes_and_nothing_before(bool failsafe, bool keep)
    {
        LeaseHolder holder = Granted(Holder(failsafe: failsafe, keep: keep), Id(3), 0, Writer, Reader);
        TimeSpan now = T(0);
        for (int i = 0; i < 40; i++)
        {
            TimeSpan wake = Assert.NotNull(holder.WakeAt);
            Assert.True(wake > now, $"it would spin at {now}");
            HolderStep early = holder.Tick(wake - TimeSpan.FromTicks(1));
            Assert.True(early.Asks.IsEmpty && early.Lapsed.IsEmpty, $"there was something to do before {wake}");
            HolderStep step = holder.Tick(wake);
            Assert.True(!step.Asks.IsEmpty || !step.Lapsed.IsEmpty, $"nothing to do at {wake}");
            (holder, now) = (step.Next, wake);
        }
    }

    [Theory]
    [InlineData(true, "db1", "db2")]
    [InlineData(true, "db2", "db1")]
    [InlineData(true, "db3", "")]
    [InlineData(false, "db1", "")]
    public void Failsafe_is_up_to_the_other_hosts_that_may_carry_an_exclusive_address(bool failsafe, string host, string peers) =>
        Assert.Equal(peers, string.Join(",", (Setup(failsafe, host: host) with { Topology = Decisions.Worlds.Topology(exclusive: false) }).FailsafePeers));

    [Fact]
    public void A_second_exclusive_role_brings_its_hosts_in() => Assert.Equal(["db2", "db3"], Setup().FailsafePeers);
}
