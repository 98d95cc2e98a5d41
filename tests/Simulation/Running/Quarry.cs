using System.Collections.Immutable;

namespace Mmm.Simulation.Running;

/// <summary>A rule that is left out, and the trouble in which that shows soonest.</summary>
internal sealed record Quarry(Mutation Mutation, Profile Profile)
{
    /// <summary>Within so many seeds it must be found.</summary>
    public const int Bound = 3000;

    public static readonly ImmutableArray<Quarry> All =
    [
        new(Mutation.ReceiveTime, Profile.Partitions),
        new(Mutation.LiveQuorum, Profile.Partitions),
        new(Mutation.NoQuietGranter, Profile.Crashes),
        new(Mutation.EffectsBeforeStore, Profile.Partitions),
        new(Mutation.OlderEpochAccepted, Profile.Everything),
        new(Mutation.MajorityOfPeers, Profile.WithoutMonitors with { ThreeMasters = true }),
        new(Mutation.PromiseNotHonoured, Profile.WithoutMonitors),
        new(Mutation.NoQuietAgent, Profile.Holding),
        new(Mutation.NoWaitForLease, Profile.Partitions),
        new(Mutation.NoMargin, Profile.Pauses with { Ttl = 3.2 }),
        new(Mutation.LifetimeRoundedUp, Profile.Pauses),
        new(Mutation.OldLeaseAfterPause, Profile.Pauses),
        new(Mutation.KeeperForgets, Profile.Reigns),
        new(Mutation.WithdrawForgotten, Profile.Partitions),
        new(Mutation.GrantsAddUp, Profile.Partitions),
        new(Mutation.LetGoTooEarly, Profile.Everything),
        new(Mutation.OneGranterWithdraws, Profile.Partitions),
        new(Mutation.OneKeeperIsRead, Profile.Reigns),
        new(Mutation.StoredOrderIsBelieved, Profile.Holding),
        new(Mutation.NoCatchUp, Profile.Calm),
        new(Mutation.VotersOfTheFile, Profile.Voters),
        new(Mutation.OneMonitorSees, Profile.SingleMonitor),
    ];

    /// <summary>The lowest seed that shows it, and how.</summary>
    /// <param name="bound">Within so many seeds.</param>
    public (int? Seed, string? Violation) Find(int bound = Bound)
    {
        var campaign = new Campaign(Profile, Mutation);
        campaign.Run(1, bound, stopAt: 1);
        return campaign.Failures.IsEmpty ? (null, null) : (campaign.Failures.Keys.Min(), campaign.Failures[campaign.Failures.Keys.Min()]);
    }
}
