using System.Collections.Immutable;
using Akka.Actor;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Status;

/// <summary>Local protocol of <see cref="StatusBoardActor"/>; never leaves the node.</summary>
public static class StatusBoard
{
    /// <summary>HTTP edge -> board. Reply: <see cref="Seen"/>, or <see cref="NotSeen"/> while no coordinator has published that cluster.</summary>
    public sealed record GetSnapshot(string Cluster);

    /// <summary>HTTP edge -> board. Reply: <see cref="AllSeen"/>.</summary>
    public sealed record GetAll
    {
        public static readonly GetAll Instance = new();
    }

    /// <summary>Anyone on this node -> board: send me every cluster's picture now and each newer one, as <see cref="Seen"/>, until I stop or <see cref="Unfollow"/>.</summary>
    public sealed record Follow(IActorRef Follower);

    public sealed record Unfollow(IActorRef Follower);

    /// <param name="Snapshot">The latest one.</param>
    /// <param name="Age">Since it arrived here, monotonic; a coordinator publishes every second, so more than a few seconds mean that nobody serves.</param>
    public sealed record Seen(StatusProtocol.ClusterSnapshot Snapshot, TimeSpan Age);

    public sealed record NotSeen(string Cluster);

    /// <param name="Snapshots">Sorted by cluster name.</param>
    public sealed record AllSeen(ImmutableArray<Seen> Snapshots);
}
