using System.Collections.Immutable;

namespace Mmm.Simulation.Running;

/// <summary>A rule that is left out, and the trouble in which that shows soonest.</summary>
internal sealed record Quarry(Mutation Mutation, Profile Profile)
{
    /// <summary>Within so many seeds it must be found.</summary>
    public const int Bound = 3000;

    public static readonly ImmutableArray<Quarry> All =
    [
        .. Enum.GetValues<Mutation>().Where(m => m != Mutation.None).Select(m => new Quarry(m, Profile.Everything)),
    ];

    /// <summary>The lowest seed that shows it, and how.</summary>
    public (int? Seed, string? Violation) Find()
    {
        var campaign = new Campaign(Profile, Mutation);
        campaign.Run(1, Bound, stopAt: 1);
        return campaign.Failures.IsEmpty ? (null, null) : (campaign.Failures.Keys.Min(), campaign.Failures[campaign.Failures.Keys.Min()]);
    }
}
