using System.Collections.Immutable;

namespace Mmm.Shared.Api;

/// <summary>GET /api/v1/actors: a part of the answering monitor's actor tree.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Cut">True: there are more actors than one answer takes; the last ones are left out.</param>
/// <param name="Actors">The actor that was asked for, then those below it, each followed by its own children.</param>
public sealed record ActorsReading(string Monitor, bool Cut, ImmutableArray<ActorEntry> Actors);

/// <param name="Path">Without the node's address, as in <c>/user/coordinator</c>.</param>
/// <param name="Level">Levels below the actor that was asked for; 0 = that one.</param>
/// <param name="Class">Its .NET class without namespace; null = not known.</param>
/// <param name="Children">How many children it has, listed or not.</param>
public sealed record ActorEntry(string Path, int Level, string? Class, int Children);

/// <summary>GET /api/v1/log: the latest lines of the answering monitor's log.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="SinceUtc">When the log of this process began: with another time, <see cref="LogEntry.Seq"/> counts anew.</param>
/// <param name="Oldest">Number of the oldest line that is still held; 0 = there is none.</param>
/// <param name="Latest">Number of the latest line, whether it was asked for or not; 0 = there is none.</param>
/// <param name="Entries">Oldest first.</param>
public sealed record LogReading(string Monitor, DateTimeOffset SinceUtc, long Oldest, long Latest, ImmutableArray<LogEntry> Entries);

/// <param name="Seq">Counts the lines of the process, from 1.</param>
/// <param name="AtUtc">When it was written, by the monitor's clock.</param>
/// <param name="Level">One of <see cref="LogLevels"/>.</param>
/// <param name="Category">What wrote it, a .NET class as a rule.</param>
/// <param name="Message">Cut where it is very long.</param>
/// <param name="Exception">First line of the exception; null = none.</param>
public sealed record LogEntry(long Seq, DateTimeOffset AtUtc, string Level, string Category, string Message, string? Exception = null);

/// <summary>Levels of log lines, by their names in the API.</summary>
public static class LogLevels
{
    /// <summary>The least first; in the order of .NET's LogLevel.</summary>
    public static readonly ImmutableArray<string> All = ["trace", "debug", "information", "warning", "error", "critical"];

    /// <summary>Place in <see cref="All"/>, whatever its case; null for any other word.</summary>
    public static int? RankOf(string name)
    {
        int at = All.IndexOf(name, 0, StringComparer.OrdinalIgnoreCase);
        return at < 0 ? null : at;
    }
}

/// <summary>What <c>mmm cluster-sharding region-stats --json</c> prints: GET /cluster/shards/{name} of every monitor.</summary>
/// <param name="Region">Name of the shard region.</param>
/// <param name="Monitors">Every monitor that is known, by name.</param>
public sealed record RegionReading(string Region, ImmutableArray<RegionEntry> Monitors);

/// <param name="Monitor">Configured name.</param>
/// <param name="Address">Of its management endpoint, <c>host:port</c>.</param>
/// <param name="Shards">What it holds; null when it does not tell.</param>
/// <param name="Problem">Why it does not tell; null when it does.</param>
public sealed record RegionEntry(string Monitor, string Address, ImmutableArray<ManagementContracts.Shard>? Shards, string? Problem);
