using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Mmm.Shared.Ledger;

/// <summary>
/// The monitors whose word counts: a decision needs a quorum of their keepers, a lease a quorum of their granters, a verdict a quorum of their views. At a first
/// installation they are the configured ones; after that the list is part of what is decided, so that no edit of a file ever changes a quorum. It changes by
/// one monitor at a time: then every quorum of a list has a member in every quorum of the one before.
/// </summary>
/// <param name="Generation">How often the list was changed.</param>
/// <param name="Names">Sorted.</param>
/// <param name="Before">
/// Only in the decision that changes the list: the names before. While it is not known whether that decision was stored by a quorum, decisions by the list before may be
/// what counts, and a keeper that has lost its disk must not forget those either. Any later decision proves that it was.
/// </param>
public sealed record Voters(long Generation, ImmutableArray<string> Names, ImmutableArray<string>? Before = null)
{
    /// <summary>The most there may be: each one more is one more that every decision may wait for.</summary>
    public const int Most = 7;

    /// <param name="names">Configured monitors, in any order.</param>
    public static Voters First(IEnumerable<string> names) => new(0, [.. names.Order(StringComparer.Ordinal)]);

    /// <summary>floor(N/2)+1.</summary>
    [JsonIgnore]
    public int Quorum => Quorums.Of(Names.Length);

    public bool Contains(string monitor) => Names.Contains(monitor);

    /// <summary>How many of these are voters.</summary>
    public int Count(IEnumerable<string> monitors) => monitors.Distinct().Count(Contains);

    /// <summary>True when so many of these are voters that it is a quorum.</summary>
    public bool HasQuorum(IEnumerable<string> monitors) => Count(monitors) >= Quorum;

    /// <summary>The next list, with one more.</summary>
    public Voters With(string monitor) => new(Generation + 1, [.. Names.Add(monitor).Order(StringComparer.Ordinal)], Names);

    /// <summary>The next list, with one less.</summary>
    public Voters Without(string monitor) => new(Generation + 1, Names.Remove(monitor), Names);

    /// <summary>The same list, once the decision that made it is stored.</summary>
    [JsonIgnore]
    public Voters Settled => Before is null ? this : this with { Before = null };

    /// <summary>The latest generation that is certain to have been decided, for whoever reads this in a keeper.</summary>
    [JsonIgnore]
    public long CertainGeneration => Before is null ? Generation : Generation - 1;

    /// <summary>This is <paramref name="earlier"/>, or the list after it.</summary>
    public bool MayFollow(Voters earlier) =>
        this == earlier || this == earlier.Settled
        || (Generation == earlier.Generation + 1 && Names.Length > 0 && Before is { } before && before.SequenceEqual(earlier.Names)
            && Names.Except(before).Count() + before.Except(Names).Count() == 1);

    public bool Equals(Voters? other) =>
        other is not null && Generation == other.Generation && Names.SequenceEqual(other.Names) && Before.HasValue == other.Before.HasValue
        && (Before is not { } before || before.SequenceEqual(other.Before!.Value));

    public override int GetHashCode() => HashCode.Combine(Generation, Names.Length);

    public override string ToString() => string.Join(", ", Names);
}
