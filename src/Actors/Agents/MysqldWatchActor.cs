using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Agents;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>
/// Looks at the local mysqld, every heartbeat interval while its process is watched, else every local watch interval; the end of the process is
/// known at once. Receives <see cref="LookNow"/>; tells its parent <see cref="MysqldSeen"/> after every look and at the process's end.
/// One look is under way at a time and each ends by itself, so a server that hangs delays looks, never this actor.
/// </summary>
#pragma warning disable CA1001 // PostStop is where an actor lets go of what it owns.
internal sealed class MysqldWatchActor : ReceiveActor, IWithTimers
#pragma warning restore CA1001
{
    /// <summary>Parent -> this: look, and answer with this number or a higher one.</summary>
    public sealed record LookNow(long No);

    /// <summary>This -> parent.</summary>
    /// <param name="Found">What was seen.</param>
    /// <param name="No">The look began after this request.</param>
    public sealed record MysqldSeen(FoundMysqld Found, long No);

    private sealed record LookDue;

    private sealed record LookEnded(FoundMysqld Found, long No);

    private sealed record ProcessEnded(int ProcessId);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stop = new();
    private readonly IMysqlServer _mysql;
    private readonly ILocalWatch _watch;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _closeInterval;
    private long _wanted;
    private bool _looking;
    private bool _again;
    private bool _outdated;
    private int? _watched;
    private string? _pidFile;
    private FoundMysqld _last = FoundMysqld.Nothing;

    public MysqldWatchActor(IMysqlServer mysql, ILocalWatch watch, TimeSpan interval, TimeSpan closeInterval)
    {
        _mysql = mysql;
        _watch = watch;
        _interval = interval;
        _closeInterval = closeInterval;
        Receive<LookNow>(HandleLookNow);
        Receive<LookDue>(_ => Look());
        Receive<LookEnded>(HandleLookEnded);
        Receive<ProcessEnded>(HandleProcessEnded);
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("a task of the watch of mysqld ended in a way that it should not", f.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IMysqlServer mysql, ILocalWatch watch, TimeSpan interval, TimeSpan closeInterval) =>
        Akka.Actor.Props.Create(() => new MysqldWatchActor(mysql, watch, interval, closeInterval));

    protected override void PreStart() => Look();

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private void HandleLookNow(LookNow request)
    {
        _wanted = Math.Max(_wanted, request.No);
        Look();
    }

    private void Look()
    {
        if (_looking)
        {
            _again = true;
            return;
        }

        _looking = true;
        _again = false;
        _outdated = false;
        LookAsync(_mysql, _wanted, _stop.Token).PipeTo(Self);
    }

    private void HandleLookEnded(LookEnded look)
    {
        _looking = false;
        if (_outdated)
        {
            // The server ended while it was being looked at: its last answer is history.
            Look();
            return;
        }

        FoundMysqld found = look.Found;
        if (found.State == AgentProtocol.MysqldState.Up)
            WatchProcess(found.PidFile);
        else if (found.State == AgentProtocol.MysqldState.Down && _watch.FindProcess(_pidFile) is { } running)
            found = found with { State = AgentProtocol.MysqldState.NotAnswering, Message = $"process {running} runs but accepts no connections (starting or shutting down): {found.Message}" };
        if (found.State != AgentProtocol.MysqldState.Down)
            found = found with { Process = _watch.FindProcess(_pidFile) is { } pid ? _watch.IdentityOf(pid) : null };
        See(found, look.No);
        if (_again)
            Look();
        else
            Timers.StartSingleTimer("look", new LookDue(), _watched is not null && found.State == AgentProtocol.MysqldState.Up ? _interval : _closeInterval);
    }

    private void HandleProcessEnded(ProcessEnded ended)
    {
        if (ended.ProcessId != _watched)
            return;
        _watched = null;
        _outdated = _looking;
        See(_last with { State = AgentProtocol.MysqldState.Down, Message = $"mysqld (process {ended.ProcessId}) has ended", ReadOnly = null, Channel = null, Binlog = null, Gtid = null, History = null }, _wanted);
        Look();
    }

    private void See(FoundMysqld found, long no)
    {
        if (found.State != _last.State)
        {
            _log.Info("mysqld: {0} -> {1}{2}", _last.State, found.State, found.Message is null ? "" : $": {found.Message}");
        }

        _last = found;
        Context.Parent.Tell(new MysqldSeen(found, no));
    }

    private void WatchProcess(string? pidFile)
    {
        _pidFile = pidFile ?? _pidFile;
        if (_watch.FindProcess(_pidFile) is not { } pid || pid == _watched)
            return;
        _watched = pid;
        ExitAsync(_watch, pid, _stop.Token).PipeTo(Self);
    }

    private static async Task<LookEnded> LookAsync(IMysqlServer mysql, long no, CancellationToken cancel)
    {
        try
        {
            return new LookEnded(await mysql.LookAsync(cancel), no);
        }
        catch (OperationCanceledException)
        {
            return new LookEnded(FoundMysqld.Nothing, no);
        }
    }

    private static async Task<object> ExitAsync(ILocalWatch watch, int pid, CancellationToken cancel)
    {
        try
        {
            await watch.WaitForExitAsync(pid, cancel);
            return new ProcessEnded(pid);
        }
        catch (OperationCanceledException)
        {
            return new LookDue();
        }
    }
}
