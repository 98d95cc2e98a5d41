using System.Threading.Channels;
using Akka.Actor;
using Akka.Hosting;
using Mmm.Actors;
using Mmm.Actors.History;
using Mmm.Shared.History;

namespace Mmm.Monitor.Endpoints;

/// <summary><see cref="IHistory"/> from this node's chronicle.</summary>
public sealed class ChronicleHistory(IRequiredActor<ChronicleKey> chronicle) : IHistory
{
    /// <summary>What a reader may be behind before it is left to itself.</summary>
    private const int Waiting = 1000;

    public async Task<ChroniclePage> Page(string cluster, EventFilter filter, CancellationToken cancel) =>
        await chronicle.AskWithin<ChronicleKey, ChroniclePage>(new ChronicleActor.Read(cluster, filter), EndpointLimits.LocalDeadline, cancel)
            ?? throw new TimeoutException("the chronicle did not answer");

    public async Task<IHistoryFeed> Follow(string cluster, CancellationToken cancel)
    {
        IActorRef actor = await chronicle.GetAsync(cancel).WaitAsync(EndpointLimits.LocalDeadline, cancel);
        var channel = Channel.CreateBounded<HistoryEvent>(new BoundedChannelOptions(Waiting) { SingleReader = true, SingleWriter = true });
        actor.Tell(new ChronicleActor.Follow(cluster, channel.Writer));
        return new Feed(channel, actor);
    }

    private sealed class Feed(Channel<HistoryEvent> channel, IActorRef chronicle) : IHistoryFeed
    {
        public async Task<HistoryEvent?> NextAsync(TimeSpan patience, CancellationToken cancel)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(patience);
            try
            {
                return await channel.Reader.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return null;
            }
        }

        public ValueTask DisposeAsync()
        {
            chronicle.Tell(new ChronicleActor.Unfollow(channel.Writer));
            return ValueTask.CompletedTask;
        }
    }
}
