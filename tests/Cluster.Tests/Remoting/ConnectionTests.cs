using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using Mmm.Actors.Remoting;
using Mmm.Cluster.Tests.Membership;
using Xunit;

namespace Mmm.Cluster.Tests.Remoting;

/// <summary>A monitor and an agent as Akka connects them, with a wire between them on which what happens to networks happens.</summary>
public sealed class ConnectionTests : IAsyncLifetime
{
    private readonly Wire _wire = new();
    private readonly ConcurrentQueue<object> _agentHeard = new();
    private readonly ConcurrentQueue<object> _monitorHeard = new();
    private readonly ActorSystem _monitor;
    private readonly ActorSystem _agent;
    private readonly ActorSelection _toAgent;
    private readonly ActorSelection _toMonitor;

    public ConnectionTests()
    {
        _monitor = Create("monitor", "");
        // Its address is the wire's.
        int port = TestSettings.FreePorts(1)[0];
        _agent = Create("agent", $"akka.remote.dot-netty.tcp.public-port = {_wire.Port}\nakka.remote.dot-netty.tcp.port = {port}");
        _wire.ForwardTo(port);
        _monitor.ActorOf(Props.Create(() => new Listener(_monitorHeard)), "listener");
        _agent.ActorOf(Props.Create(() => new Listener(_agentHeard)), "listener");
        _toAgent = _monitor.ActorSelection($"akka.tcp://agent@127.0.0.1:{_wire.Port}/user/listener");
        _toMonitor = _agent.ActorSelection($"akka.tcp://monitor@127.0.0.1:{AddressOf(_monitor).Port}/user/listener");
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _agent.Terminate();
        await _monitor.Terminate();
        await _wire.DisposeAsync();
    }

    [Fact]
    public async Task An_attempt_that_the_monitor_gives_up_does_not_make_the_agent_deaf()
    {
        // Both dial at once: the monitor's attempt is on its way when the agent, which has just started, has its own connection ready.
        _toAgent.Tell(1);
        await Eventually.True(() => _wire.Dialled == 1, "the monitor dials");
        var ready = new TaskCompletionSource();
        _agent.EventStream.Subscribe(_agent.ActorOf(Props.Create(() => new Watcher(ready)), "watcher"), typeof(AssociatedEvent));
        _toMonitor.Tell(1);
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        // The monitor's attempt reaches the agent; the agent's answer is lost, so the monitor gives up.
        _wire.SwallowAnswers = true;
        _wire.Open();
        await Eventually.True(() => _wire.BytesAnswered > 0, "the agent answers the monitor's attempt");
        await Eventually.True(() => { _toMonitor.Tell(2); return _monitorHeard.Contains(2); }, "the monitor hears the agent");

        _wire.SwallowAnswers = false;
        await Eventually.True(() => { _toAgent.Tell(3); return _agentHeard.Contains(3); }, "the agent hears the monitor");
    }

    [Fact]
    public async Task Connections_that_the_network_has_forgotten_are_made_anew_within_seconds()
    {
        _wire.Open();
        await Eventually.True(() => { _toAgent.Tell(1); return _agentHeard.Contains(1); }, "the agent hears the monitor");

        _wire.SilenceConnections();
        var since = Stopwatch.StartNew();
        await Eventually.True(() => { _toAgent.Tell(2); return _agentHeard.Contains(2); }, "the agent hears the monitor again", seconds: 30);
        Assert.InRange(since.Elapsed.TotalSeconds, 0, 20);
    }

    private static ActorSystem Create(string name, string more) => ActorSystem.Create(name, ConfigurationFactory.ParseString(
        RemotingHocon.Render() + "\n" +
        """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp.hostname = 127.0.0.1
        akka.remote.dot-netty.tcp.port = 0
        akka.remote.dot-netty.tcp.connection-timeout = 1s
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        """ + "\n" + more));

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<object> heard) => ReceiveAny(heard.Enqueue);
    }

    private sealed class Watcher : ReceiveActor
    {
        public Watcher(TaskCompletionSource ready) => Receive<AssociatedEvent>(e => !e.IsInbound, _ => ready.TrySetResult());
    }
}
