using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>
/// <c>/user/agent/tail</c>: serves the binary log of the local mysqld to the other hosts' servers from when mysqld has died until some time after it is back. Owns the open log. Receives
/// <see cref="MysqldNow"/> from its parent; tells it <see cref="TailSeen"/>, which goes to the monitors with the next report.
/// </summary>
#pragma warning disable CA1001 // PostStop is where an actor lets go of what it owns.
internal sealed class TailActor : ReceiveActor, IWithTimers
#pragma warning restore CA1001
{
    /// <summary>Parent -> this, after every look.</summary>
    /// <param name="State">Of mysqld.</param>
    /// <param name="Files">Where its log lies, by what it tells or was remembered; null = it writes none, or that is not known.</param>
    /// <param name="End">Where the log ends; null = it was not asked.</param>
    public sealed record MysqldNow(AgentProtocol.MysqldState State, BinlogFiles? Files, AgentProtocol.BinlogPosition? End);

    /// <summary>This -> parent: mysqld is dead, and this is what can be said of its log.</summary>
    public sealed record TailSeen(AgentProtocol.BinlogTail Tail);

    private sealed record Opened(IOpenTail? Open, string? Why);

    private sealed record Checked(string? Why);

    private sealed record SearchIsSlow;

    private sealed record ServedLongEnough;

    /// <summary>
    /// A takeover waits for the end to be found. It begins where the log ended when mysqld was last seen alive, a second before, so it takes milliseconds; on a disk that hangs nobody
    /// shall wait for it. What is found later is told all the same.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stop = new();
    private readonly IBinlogTails _tails;
    private readonly TimeSpan _servedFor;
    private AgentProtocol.MysqldState _state = AgentProtocol.MysqldState.Unknown;
    private AgentProtocol.BinlogPosition? _end;
    private BinlogFiles? _tried;
    private BinlogFiles? _checked;
    private IOpenTail? _open;
    private Task _closed = Task.CompletedTask;
    private bool _opening;

    /// <param name="tails">Opens the log.</param>
    /// <param name="servedFor">See <see cref="AgentSetup.LogServedFor"/>.</param>
    public TailActor(IBinlogTails tails, TimeSpan servedFor)
    {
        _tails = tails;
        _servedFor = servedFor;
        Receive<MysqldNow>(HandleMysqldNow);
        Receive<Opened>(HandleOpened);
        Receive<Checked>(HandleChecked);
        Receive<SearchIsSlow>(_ => HandleSearchIsSlow());
        Receive<ServedLongEnough>(_ => Close());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IBinlogTails tails, TimeSpan servedFor) => Akka.Actor.Props.Create(() => new TailActor(tails, servedFor));

    protected override void PostStop()
    {
        _stop.Cancel();
        Close();
    }

    private void HandleMysqldNow(MysqldNow now)
    {
        bool fell = now.State == AgentProtocol.MysqldState.Down && _state != AgentProtocol.MysqldState.Down;
        _state = now.State;
        _end = now.End ?? _end;
        switch (now.State)
        {
            case AgentProtocol.MysqldState.Down when now.Files is null && fell:
                Tell(AgentProtocol.BinlogTail.None("its agent does not know of a binary log: mysqld writes none, or had died before the agent was ever started"));
                break;
            case AgentProtocol.MysqldState.Down when now.Files is { } files && files != _tried && !_opening:
                _tried = files;
                Close();
                Open(files);
                break;
            case AgentProtocol.MysqldState.Down:
                break;
            default:
                // It answers replicas itself, but a server that was told where the log ends may only now come for the rest; turned away, it would wait until its deadline, and go on
                // without. mysqld does not write on in the files of its last life, and what is served of them ends where that life ended.
                if (_open is not null && !Timers.IsTimerActive("served"))
                    Timers.StartSingleTimer("served", new ServedLongEnough(), _servedFor);
                // Should it die again, also before it ever answered, the end is looked for anew.
                _tried = null;
                if (now.State == AgentProtocol.MysqldState.Up)
                    Check(now.Files);
                break;
        }
    }

    private void Open(BinlogFiles files)
    {
        _opening = true;
        Timers.StartSingleTimer("slow", new SearchIsSlow(), s_patience);
        // The search for the end reads files, and must not hold the actor up.
        CancellationToken stop = _stop.Token;
        TryAsync(_closed, () => _tails.OpenAsync(files, _end, stop), stop).PipeTo(Self);

        static async Task<Opened> TryAsync(Task portIsFree, Func<Task<IOpenTail>> open, CancellationToken stop)
        {
            try
            {
                await portIsFree.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                IOpenTail opened = await Task.Run(open).ConfigureAwait(false);
                if (!stop.IsCancellationRequested)
                    return new Opened(opened, null);
                // Nobody is left to close it, and the next agent of this process needs the port.
                await opened.DisposeAsync().ConfigureAwait(false);
                return new Opened(null, "the agent ends");
            }
            catch (Exception e) when (e is TailException or OperationCanceledException)
            {
                return new Opened(null, e is TailException ? e.Message : "the agent ends");
            }
        }
    }

    private void HandleOpened(Opened opened)
    {
        _opening = false;
        Timers.Cancel("slow");
        _open = opened.Open;
        if (_state != AgentProtocol.MysqldState.Down)
        {
            Close();
            return;
        }

        if (opened.Open is { Tail: var tail })
        {
            _log.Info("mysqld has died: its binary log is served to the other hosts on port {0}, up to {1}", tail.Port, tail.End);
            if (tail.Why is { } why)
                _log.Error("What follows {0} in the binary log is not served: {1}", tail.End, why);
        }
        else
        {
            _log.Error("mysqld has died, and its binary log cannot be served to the other hosts: {0}", opened.Why);
        }

        Tell(opened.Open?.Tail ?? AgentProtocol.BinlogTail.None(opened.Why!));
    }

    private void HandleSearchIsSlow()
    {
        if (!_opening)
            return;
        _log.Warning("The end of the dead mysqld's binary log has not been found for {0:0.#} s: a takeover does not wait for it any longer", s_patience.TotalSeconds);
        Tell(AgentProtocol.BinlogTail.None($"its end was not found within {s_patience.TotalSeconds:0.#} s"));
    }

    /// <summary>Once per log: what would be in the way shows now instead of in the first failover, and that one does not wait for code to be compiled.</summary>
    private void Check(BinlogFiles? files)
    {
        if (files is null || files == _checked)
            return;
        _checked = files;
        TryAsync(() => _tails.CheckAsync(files, _end, _stop.Token)).PipeTo(Self);

        static async Task<Checked> TryAsync(Func<Task> check)
        {
            try
            {
                await Task.Run(check).ConfigureAwait(false);
                return new Checked(null);
            }
            catch (Exception e) when (e is TailException or OperationCanceledException)
            {
                return new Checked(e is TailException ? e.Message : null);
            }
        }
    }

    private void HandleChecked(Checked done)
    {
        if (done.Why is { } why && _state == AgentProtocol.MysqldState.Up)
            _log.Warning("If mysqld died now, transactions that no replica has received yet would be lost: {0}", why);
    }

    private static void Tell(AgentProtocol.BinlogTail tail) => Context.Parent.Tell(new TailSeen(tail));

    private void Close()
    {
        Timers.Cancel("served");
        IOpenTail? open = _open;
        _open = null;
        if (open is not null)
            _closed = open.DisposeAsync().AsTask();
    }
}
