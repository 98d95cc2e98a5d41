using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.DistributedData;
using Mmm.Actors.Serialization;
using Mmm.Shared.Messages;
using Xunit;

namespace Mmm.Cluster.Tests.Serialization;

/// <summary>
/// Two real nodes: with the general-purpose serializer refused, Akka's own traffic (membership, singleton, sharding, distributed data,
/// primitives) must go on, and ours must be the only other thing that passes.
/// </summary>
public sealed class WireAcrossNodesTests : IAsyncLifetime
{
    private readonly ActorSystem _a = Create();
    private readonly ActorSystem _b = Create();
    private readonly ConcurrentQueue<string> _seen = new();

    private static ActorSystem Create() => ActorSystem.Create("mmm", ConfigurationFactory.ParseString(
        WireSerialization.Hocon() + "\n" +
        """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp.hostname = 127.0.0.1
        akka.remote.dot-netty.tcp.port = 0
        akka.cluster.run-coordinated-shutdown-when-down = off
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        akka.cluster.gossip-interval = 100ms
        akka.cluster.leader-actions-interval = 100ms
        akka.cluster.periodic-tasks-initial-delay = 100ms
        akka.cluster.singleton-proxy.singleton-identification-interval = 100ms
        akka.cluster.sharding.retry-interval = 200ms
        akka.cluster.sharding.distributed-data.durable.keys = []
        """));

    public async ValueTask InitializeAsync()
    {
        var a = Akka.Cluster.Cluster.Get(_a);
        a.Join(a.SelfAddress);
        await Eventually.True(() => a.State.Members.Count(m => m.Status == Akka.Cluster.MemberStatus.Up) == 1, "the first node is up");
        Akka.Cluster.Cluster.Get(_b).Join(a.SelfAddress);
        await Eventually.True(() => a.State.Members.Count(m => m.Status == Akka.Cluster.MemberStatus.Up) == 2, "two members are up");
    }

    public async ValueTask DisposeAsync()
    {
        await _b.Terminate();
        await _a.Terminate();
    }

    [Fact]
    public async Task A_singleton_behind_its_proxy_answers_wire_messages_from_the_other_node()
    {
        foreach (ActorSystem node in new[] { _a, _b })
            node.ActorOf(ClusterSingletonManager.Props(Props.Create(() => new Answering()), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(node)), "one");
        IActorRef proxy = _b.ActorOf(ClusterSingletonProxy.Props("/user/one", ClusterSingletonProxySettings.Create(_b)), "one-proxy");

        object answer = await proxy.Ask<object>(new ControlProtocol.Ping("7"), TimeSpan.FromSeconds(15));

        Assert.Equal(new ControlProtocol.Answer("7", true, "OK: Pinged!", null), answer);
    }

    [Fact]
    public async Task Shards_on_both_nodes_receive_wire_messages_sent_from_one()
    {
        IActorRef[] regions = [.. new[] { _a, _b }.Select(node => ClusterSharding.Get(node).Start(
            "probe", id => Props.Create(() => new Probe($"{Akka.Cluster.Cluster.Get(node).SelfAddress} {id}", _seen)), ClusterShardingSettings.Create(node), new ByHost()))];

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_seen.Select(s => s.Split(' ')[0]).Distinct().Count() < 2)
        {
            Assert.False(deadline.IsCancellationRequested, "shards on both nodes receive: " + string.Join(", ", _seen.Distinct()));
            foreach (int i in Enumerable.Range(1, 8))
                regions[0].Tell(new SightProtocol.KeepProbing("C1", $"db{i}"));
            await Task.Delay(100);
        }
    }

    [Fact]
    public async Task Distributed_data_replicates()
    {
        var key = new ORSetKey<string>("hosts");
        IActorRef replicator = DistributedData.Get(_a).Replicator;
        _ = DistributedData.Get(_b).Replicator;
        var write = await replicator.Ask<IUpdateResponse>(
            Dsl.Update(key, ORSet<string>.Empty, new WriteAll(TimeSpan.FromSeconds(10)), set => set.Add(Akka.Cluster.Cluster.Get(_a), "db1")), TimeSpan.FromSeconds(12));
        Assert.True(write.IsSuccessful, write.ToString());
    }

    [Fact]
    public async Task Akkas_primitives_pass_and_other_objects_neither_pass_nor_cost_the_connection()
    {
        _a.ActorOf(Props.Create(() => new Echo()), "echo");
        ActorSelection echo = _b.ActorSelection(Akka.Cluster.Cluster.Get(_a).SelfAddress + "/user/echo");
        TimeSpan patience = TimeSpan.FromSeconds(10);

        Assert.Equal("text", await echo.Ask<object>("text", patience));
        Assert.Equal(42, await echo.Ask<object>(42, patience));
        Assert.Equal(42L, await echo.Ask<object>(42L, patience));
        Assert.Equal(new byte[] { 1, 2 }, await echo.Ask<object>(new byte[] { 1, 2 }, patience));
        var identity = await echo.Ask<ActorIdentity>(new Identify("id"), patience);
        Assert.NotNull(identity.Subject);
        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => echo.Ask<object>(new Status.Failure(new InvalidOperationException("why")), patience));
        Assert.Contains("why", thrown.ToString());

        // Silence: the refusal is logged and the message dropped; an association that broke would lose the next one too.
        await Assert.ThrowsAsync<AskTimeoutException>(() => echo.Ask<object>(new { Some = "object" }, TimeSpan.FromMilliseconds(500)));
        await Assert.ThrowsAsync<AskTimeoutException>(() => echo.Ask<object>(new ControlProtocol.Ping(null!), TimeSpan.FromMilliseconds(500)));
        var heard = new AgentProtocol.Heard("mon1", 3);
        Assert.Equal(heard, await echo.Ask<object>(heard, patience));
        var large = new ControlProtocol.Ping(new string('x', WireSerializer.MaxBytes - 100));
        Assert.Equal(large, await echo.Ask<object>(large, patience));
    }

    [Fact]
    public async Task Remote_deployment_is_refused()
    {
        var scope = new RemoteScope(Akka.Cluster.Cluster.Get(_a).SelfAddress);
        IActorRef made = _b.ActorOf(Props.Create<Echo>().WithDeploy(new Deploy(scope)), "remote-echo");
        await Assert.ThrowsAsync<AskTimeoutException>(() => made.Ask<object>("text", TimeSpan.FromSeconds(1)));
    }

    private sealed class Answering : ReceiveActor
    {
        public Answering() => Receive<ControlProtocol.Ping>(p => Sender.Tell(new ControlProtocol.Answer(p.Id, true, "OK: Pinged!", null)));
    }

    private sealed class Probe : ReceiveActor
    {
        public Probe(string name, ConcurrentQueue<string> seen) => Receive<SightProtocol.KeepProbing>(_ => seen.Enqueue(name));
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(m => Sender.Tell(m));
    }

    private sealed class ByHost() : HashCodeMessageExtractor(8)
    {
        public override string? EntityId(object message) => message is SightProtocol.KeepProbing k ? $"{k.Cluster}/{k.Host}" : null;
    }
}
