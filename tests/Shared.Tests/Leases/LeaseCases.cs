using System.Collections.Immutable;
using Mmm.Shared.Leases;
using Mmm.Shared.Ledger;
using Mmm.Shared.Messages;
using Mmm.Shared.Tests.Decisions;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.LeaseProtocol;

namespace Mmm.Shared.Tests.Leases;

/// <summary>What the lease tests talk about: db1 and db2 may carry the writer, these and db3 readers and the backup address; a lease of 3.2 s.</summary>
internal static class LeaseCases
{
    public const int TtlMs = 3200;

    public static readonly ClusterTopology Cluster = Worlds.Topology(exclusive: true);

    public static readonly RoleAddress Writer = Cluster.WriterAddress;

    public static readonly RoleAddress Backup = Cluster.Roles["backup"].Addresses.First();

    public static readonly RoleAddress Reader = Cluster.Roles["reader"].Addresses.First();

    public static readonly LeaseTerms Terms = new(T(TtlMs));

    public static TimeSpan T(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public static DecisionId Id(long version, long reign = 1) => new(new Epoch(reign, "m1", "i"), version);

    public static LeaseGranter Granter(double startedAt = 0, string monitor = "m1") => LeaseGranter.Start(Cluster, monitor, Terms, T(startedAt)).Adopt(DecisionId.None, Held());

    public static Dictionary<string, ImmutableArray<RoleAddress>> Held(params (string Host, RoleAddress[] Addresses)[] held) =>
        held.ToDictionary(h => h.Host, h => h.Addresses.ToImmutableArray());

    public static Renew Renew(DecisionId order, params RoleAddress[] claims) => new("C1", "db1", 1, 1, order, [.. claims], TtlMs);

    public static Withdraw Withdraw(DecisionId id, params RoleAddress[] allowed) => new("C1", "db1", id, [.. allowed]);

    public static LeaseHolder Holder(int monitors = 3, bool failsafe = true, bool keep = true) => new() { Setup = Setup(failsafe, keep), Voters = Voters.First(Monitors(monitors)) };

    public static IEnumerable<string> Monitors(int monitors) => Enumerable.Range(1, monitors).Select(i => $"m{i}");

    public static LeaseHolderSetup Setup(bool failsafe = true, bool keep = true, string host = "db1") => new(Cluster, host, 7, Terms, failsafe, keep);

    /// <summary>The holder takes an order up and is granted all of it by a quorum at once.</summary>
    public static LeaseHolder Granted(LeaseHolder holder, DecisionId order, double at, params RoleAddress[] claims)
    {
        HolderStep step = holder.Take(order, claims, T(at));
        return Answered(step.Next, step.Asks.OfType<Renew>().Single(), "m1", "m2");
    }

    public static LeaseHolder Answered(LeaseHolder holder, Renew request, params string[] monitors) =>
        monitors.Aggregate(holder, (h, m) => h.Take(Yes(request, m)));

    public static Granted Yes(Renew request, string monitor) =>
        new(request.Cluster, monitor, request.Host, request.Incarnation, request.Seq, request.Claims, [], null);

    public static Held Agrees(Hold request, string peer) =>
        new(request.Cluster, peer, request.Host, request.Incarnation, request.Seq, request.Addresses, null);
}
