using System.Collections.Immutable;
using Mmm.Control.Monitors;
using Mmm.Control.Screens;
using Mmm.Shared.Api;

namespace Mmm.Control.Verbs;

/// <summary><c>mmm cluster-sharding list-regions|region-stats</c>.</summary>
internal static class ShardingVerbs
{
    public static async Task<VerbResult> ListRegions(Session session, CancellationToken cancel)
    {
        ManagementContracts.Regions regions = await session.Client.Get(ApiPaths.Shards, ApiFormat.Wire.Regions, cancel);
        string text = string.Concat(regions.EntityTypeKeys.Select(r => $"{r}\n")) + $"Count: {regions.EntityTypeKeys.Length} regions\n";
        return VerbResult.Of(text, ExitCodes.Ok, regions, ApiFormat.Pretty.Regions);
    }

    /// <summary>Every monitor knows its own shards only, so all of them are asked; one that does not answer is a line, too.</summary>
    public static async Task<VerbResult> RegionStats(string region, Session session, CancellationToken cancel)
    {
        MonitorDirectory directory = await MonitorDirectory.Read(session.Client, cancel);
        (RegionEntry Entry, FailureKind? Why)[] asked = await Task.WhenAll(directory.Places.Select(p => Ask(p, region, session, cancel)));
        RegionReading reading = new(region, [.. asked.Select(a => a.Entry)]);
        if (asked.Any(a => a.Why is null) || asked.All(a => a.Why != FailureKind.NotFound))
            return VerbResult.Of(RegionScreen.Render(reading), asked.Any(a => a.Why is null) ? ExitCodes.Ok : ExitCodes.NoMonitor, reading, ApiFormat.Pretty.RegionReading);

        ImmutableArray<string> known = (await session.Client.Get(ApiPaths.Shards, ApiFormat.Wire.Regions, cancel)).EntityTypeKeys;
        string unknown = $"ERROR: Unknown shard region '{region}'! There {(known.IsEmpty ? "are none" : $"are: {string.Join(", ", known)}")}";
        return VerbResult.Of(unknown, ExitCodes.Refused, new CommandAnswer("region-stats", false, unknown), ApiFormat.Pretty.CommandAnswer);
    }

    private static async Task<(RegionEntry Entry, FailureKind? Why)> Ask(MonitorPlace place, string region, Session session, CancellationToken cancel)
    {
        string address = place.Address.ToString();
        if (place.Failure is { } failure)
            return (new RegionEntry(place.Name, address, null, failure), FailureKind.NoAnswer);
        return await session.Client.Try(place.Address, ApiPaths.ShardsOf(region), ApiFormat.Wire.Shards, cancel) switch
        {
            Attempt<ManagementContracts.Shards>.Answered answer => (new RegionEntry(place.Name, address, answer.Value.Regions, null), null),
            Attempt<ManagementContracts.Shards>.Failed failed => (new RegionEntry(place.Name, address, null, failed.Sentence), failed.Why),
            _ => throw new InvalidOperationException("an attempt either answered or failed"),
        };
    }
}
