using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent/tail</c>: when the local mysqld has died, serves its binary log to the agent that takes over. Owns the open log. Receives <see cref="MysqldNow"/> from
/// its parent and <see cref="TailProtocol.Ask"/> from other agents; answers with <see cref="TailProtocol.Answer"/>. Opens nothing before it is asked, and closes when
/// mysqld is back or nobody has asked for <see cref="s_kept"/>. After a restart it knows where the log is once it has seen mysqld alive.
/// </summary>
#pragma warning disable CA1001 // PostStop is where an actor lets go of what it owns.
internal sealed class TailActor : ReceiveActor, IWithTimers
#pragma warning restore CA1001
{
    /// <summary>Parent -> this, after every look.</summary>
    public sealed record MysqldNow(AgentProtocol.MysqldState State, BinlogFiles? Files);

    private sealed record Opened(IOpenTail? Open, string? Why);

    private sealed record CloseDue;

    /// <summary>Several times a takeover with all its retries.</summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(10);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stop = new();
    private readonly ClusterTopology _topology;
    private readonly Host _host;
    private readonly IBinlogTails _tails;
    private readonly HashSet<IActorRef> _waiting = [];
    private AgentProtocol.MysqldState _state = AgentProtocol.MysqldState.Unknown;
    private BinlogFiles? _files;
    private IOpenTail? _open;
    private bool _opening;

    public TailActor(ClusterTopology topology, Host host, IBinlogTails tails)
    {
        _topology = topology;
        _host = host;
        _tails = tails;
        Receive<MysqldNow>(HandleMysqldNow);
        Receive<TailProtocol.Ask>(HandleAsk);
        Receive<Opened>(HandleOpened);
        Receive<CloseDue>(_ => Close());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(ClusterTopology topology, Host host, IBinlogTails tails) => Akka.Actor.Props.Create(() => new TailActor(topology, host, tails));

    protected override void PostStop()
    {
        _stop.Cancel();
        Close();
    }

    private void HandleMysqldNow(MysqldNow now)
    {
        _state = now.State;
        _files = now.Files ?? (now.State == AgentProtocol.MysqldState.Up ? null : _files);
        // Its log goes on from here, and it answers replicas itself.
        if (now.State == AgentProtocol.MysqldState.Up)
            Close();
    }

    private void HandleAsk(TailProtocol.Ask ask)
    {
        if (ask.Cluster != _topology.Name || ask.Host != _host.Name || !_topology.Hosts.ContainsKey(ask.From))
        {
            _log.Warning("{0}/{1} asks for the binary log of {2}/{3}, and this is the agent of {4}/{5}: not answered", ask.Cluster, ask.From, ask.Cluster, ask.Host, _topology.Name, _host.Name);
            return;
        }

        if (_state != AgentProtocol.MysqldState.Down)
        {
            Answer(Sender, null, $"mysqld on {_host.Name} has not ended");
        }
        else if (_open is not null)
        {
            Answer(Sender, _open.Tail, null);
            Timers.StartSingleTimer("close", new CloseDue(), s_kept);
        }
        else if (_files is null)
        {
            Answer(Sender, null, $"the agent of {_host.Name} was started after its mysqld had ended, or mysqld writes no binary log");
        }
        else
        {
            _waiting.Add(Sender);
            Open(_files, ask.Applied);
        }
    }

    private void Open(BinlogFiles files, AgentProtocol.BinlogPosition? from)
    {
        if (_opening)
            return;
        _opening = true;
        OpenAsync(_tails, files, from, _stop.Token).PipeTo(Self);

        static async Task<Opened> OpenAsync(IBinlogTails tails, BinlogFiles files, AgentProtocol.BinlogPosition? from, CancellationToken cancel)
        {
            try
            {
                // The search for the end reads files, and must not hold the actor up.
                return new Opened(await Task.Run(() => tails.OpenAsync(files, from, cancel), cancel).ConfigureAwait(false), null);
            }
            catch (TailException e)
            {
                return new Opened(null, e.Message);
            }
            catch (OperationCanceledException)
            {
                return new Opened(null, "the agent ends");
            }
        }
    }

    private void HandleOpened(Opened opened)
    {
        _opening = false;
        _open = opened.Open;
        if (_open is not null)
            _log.Info("mysqld has died: its binary log is served to the other hosts on port {0}, up to {1}", _open.Tail.Port, _open.Tail.End);
        else
            _log.Warning("mysqld has died, and its binary log cannot be served to the other hosts: {0}", opened.Why);
        foreach (IActorRef asker in _waiting)
            Answer(asker, _open?.Tail, opened.Why);
        _waiting.Clear();
        Timers.StartSingleTimer("close", new CloseDue(), s_kept);
        if (_state == AgentProtocol.MysqldState.Up)
            Close();
    }

    private void Answer(IActorRef asker, TailProtocol.Tail? tail, string? why) => asker.Tell(new TailProtocol.Answer(_topology.Name, _host.Name, tail, why));

    private void Close()
    {
        Timers.Cancel("close");
        IOpenTail? open = _open;
        _open = null;
        if (open is not null)
            _ = open.DisposeAsync().AsTask();
    }
}
