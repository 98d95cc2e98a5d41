using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Mmm.Actors.Agents;
using Mmm.Agent.Tests.Servers;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Agent.Tests.Actors;

/// <summary>The agent actor in a system of its own, with a gateway that keeps what it is told.</summary>
public sealed class TestAgent : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private readonly ActorSystem _system;
    private readonly IActorRef _agent;
    private readonly IActorRef _coordinator;

    public TestAgent(TestCluster cluster, string host, AgentPorts ports, TimeProvider? time = null, bool remote = false)
    {
        _system = ActorSystem.Create("agent-test", ConfigurationFactory.ParseString(
            $"""
            akka.actor.provider = {(remote ? "remote" : "local")}
            akka.remote.dot-netty.tcp.hostname = 127.0.0.1
            akka.remote.dot-netty.tcp.port = 0
            akka.remote.retry-gate-closed-for = 200ms
            akka.log-dead-letters = off
            akka.loglevel = WARNING
            akka.stdout-loglevel = off
            akka.scheduler.tick-duration = 10ms
            """));
        IActorRef gateway = _system.ActorOf(Props.Create(() => new Monitor(Reports, Granting)), "agent-gateway");
        _coordinator = _system.ActorOf(Props.Create(() => new Sink(Answers)), "coordinator");
        _agent = _system.ActorOf(AgentActor.Props(cluster.Setup(host, gateway.Path.ToStringWithoutAddress()), ports, time ?? TimeProvider.System), "agent");
    }

    /// <summary>What the monitors are told.</summary>
    public ConcurrentQueue<object> Reports { get; } = new();

    /// <summary>Which of the claimed addresses the only monitor grants.</summary>
    public Switch Granting { get; } = new();

    /// <summary>How often the monitor was asked for leases.</summary>
    public long Asked => Granting.Asked;

    /// <summary>What the orders' sender is told.</summary>
    public ConcurrentQueue<object> Answers { get; } = new();

    public AgentProtocol.Report Last => Reports.OfType<AgentProtocol.Report>().LastOrDefault() ?? throw new InvalidOperationException("no report yet");

    public void Send(AgentProtocol.IMessage message) => _agent.Tell(message, _coordinator);

    /// <summary>As the HTTP endpoint asks.</summary>
    public Task<AgentView> ViewAsync() => _agent.Ask<AgentView>(AgentActor.GetView.Instance, s_deadline);

    public async Task<AgentProtocol.Report> ReportedAsync(string what, Func<AgentProtocol.Report, bool> condition)
    {
        // The very one: by the time that a test looks at it, a busy machine may have brought the next.
        AgentProtocol.Report? found = null;
        try
        {
            await Eventually.TrueAsync(what, s_deadline, () => Task.FromResult((found = Reports.OfType<AgentProtocol.Report>().LastOrDefault()) is not null && condition(found)));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; last report: {Reports.LastOrDefault()}");
        }

        return found!;
    }

    /// <summary>Sends an order and waits until it is done.</summary>
    public async Task<AgentProtocol.Report> DoneAsync(AgentProtocol.HostOrder order)
    {
        Send(order);
        return await ReportedAsync($"order {order.Id} is done", r => r.Progress.Id == order.Id && r.Progress.Status == AgentProtocol.OrderStatus.Done);
    }

    /// <summary>Sends an order and waits until it has failed at the step.</summary>
    public async Task<AgentProtocol.Report> FailedAsync(AgentProtocol.HostOrder order, string step)
    {
        Send(order);
        return await ReportedAsync(
            $"order {order.Id} fails at {step}",
            r => r.Progress.Id == order.Id && r.Progress.Status == AgentProtocol.OrderStatus.Failed && r.Progress.Step == step);
    }

    public async Task<T> AnsweredAsync<T>(string what, Func<T, bool> condition)
    {
        await Eventually.TrueAsync(what, () => Answers.OfType<T>().Any(condition));
        return Answers.OfType<T>().Last(condition);
    }

    public async ValueTask DisposeAsync() => await _system.Terminate();

    /// <summary>Decides what is granted.</summary>
    public sealed class Switch
    {
        private volatile Func<RoleAddress, bool>? _granted = _ => true;

        private long _asked;

        public long Asked => Interlocked.Read(ref _asked);

        public void Count() => Interlocked.Increment(ref _asked);

        /// <summary>Null: no answer at all.</summary>
        public Func<RoleAddress, bool>? Granted
        {
            get => _granted;
            set => _granted = value;
        }
    }

    /// <summary>The only monitor: keeps the reports, and grants leases.</summary>
    private sealed class Monitor : ReceiveActor
    {
        public Monitor(ConcurrentQueue<object> kept, Switch granting)
        {
            Receive<LeaseProtocol.Renew>(r =>
            {
                granting.Count();
                if (granting.Granted is { } granted)
                    Sender.Tell(new LeaseProtocol.Granted(r.Cluster, "mon1", r.Host, r.Incarnation, r.Seq, [.. r.Claims.Where(granted)], [], r.Claims.All(granted) ? null : "not granted as scripted"));
            });
            ReceiveAny(kept.Enqueue);
        }
    }

    private sealed class Sink : ReceiveActor
    {
        public Sink(ConcurrentQueue<object> kept) => ReceiveAny(kept.Enqueue);
    }
}
