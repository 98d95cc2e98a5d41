using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Configuration;

/// <summary>
/// <c>/user/settings</c> on every node: reads the node's configuration again. Owns what the node runs with (<see cref="RunningSettings"/>) and its <see cref="NodeParts"/>. Receives
/// <see cref="Reload"/> and <see cref="GetState"/>; sends an <see cref="Outcome"/> once everything that a change is about runs anew, and <see cref="SettingsTaken"/> to the event stream.
/// A configuration that is not valid changes nothing. One reading at a time; what is asked meanwhile waits for the next. After a restart: what the node runs with stands, who waited gets no answer.
/// </summary>
public sealed class SettingsActor : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>Name below <c>/user</c>.</summary>
    public const string ActorName = "settings";

    /// <summary>HTTP endpoint or signal -> this. Reply: an <see cref="Outcome"/>. Harmless when repeated.</summary>
    /// <param name="By">Who asks, for the log.</param>
    public sealed record Reload(string By);

    /// <summary>The reply.</summary>
    public abstract record Outcome;

    /// <summary>It has been read.</summary>
    /// <param name="Change">What takes effect, and what does not yet.</param>
    /// <param name="Warnings">Of the reading.</param>
    public sealed record Reloaded(SettingsChange Change, ImmutableArray<string> Warnings) : Outcome;

    /// <summary>It is not valid, and nothing is changed.</summary>
    /// <param name="Problems">Each with its file and line.</param>
    public sealed record Refused(ImmutableArray<string> Problems) : Outcome;

    /// <summary>HTTP endpoint -> this. Reply: <see cref="State"/>.</summary>
    public sealed record GetState
    {
        public static readonly GetState Instance = new();
    }

    /// <summary>The reply.</summary>
    /// <param name="Settings">What the node runs with.</param>
    /// <param name="ReadAt">When its configuration was last read without an error.</param>
    /// <param name="Waiting">Paths of what that reading found and a restart of the node is needed for.</param>
    public sealed record State(MmmSettings Settings, DateTimeOffset ReadAt, ImmutableArray<string> Waiting);

    /// <summary>Akka takes a name from its list a moment after the actor's end is told.</summary>
    private static readonly TimeSpan s_nameAgain = TimeSpan.FromMilliseconds(20);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly RunningSettings _running;
    private readonly NodeKind _kind;
    private readonly Func<LoadedSettings> _read;
    private readonly NodeParts _parts;
    private readonly TimeProvider _time;
    private readonly HashSet<NodePart> _renewing = [];
    private (Reload Asked, IActorRef Asker)? _asked;
    private Reloaded? _reply;
    private DateTimeOffset _readAt;
    private ImmutableArray<string> _waiting = [];

    /// <param name="running">What the node runs with.</param>
    /// <param name="kind">Which program this is.</param>
    /// <param name="read">Reads the configuration, as at the start of the process; throws <see cref="SettingsException"/>.</param>
    /// <param name="parts">What is renewed.</param>
    /// <param name="time">For when it was read.</param>
    public static Props Props(RunningSettings running, NodeKind kind, Func<LoadedSettings> read, NodeParts parts, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new SettingsActor(running, kind, read, parts, time));

    public SettingsActor(RunningSettings running, NodeKind kind, Func<LoadedSettings> read, NodeParts parts, TimeProvider time)
    {
        _running = running;
        _kind = kind;
        _read = read;
        _parts = parts;
        _time = time;
        _readAt = time.GetUtcNow();
        Idle();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    private void Idle()
    {
        Common();
        Receive<Reload>(HandleReload);
    }

    private void Busy()
    {
        Common();
        Receive<Reload>(_ => Stash.Stash());
        Receive<Read>(HandleRead);
        Receive<Terminated>(m => HandleEnded(m.ActorRef));
        Receive<LetGo>(m => StartAnew(m.Part, m.Part.Make()));
        Receive<StartDue>(m => StartAnew(m.Part, m.Props));
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("the configuration could not be taken over", f.Cause));
    }

    private void Common() => Receive<GetState>(_ => Sender.Tell(new State(_running.Now, _readAt, _waiting)));

    private void HandleReload(Reload asked)
    {
        _asked = (asked, Sender);
        Become(Busy);
        ReadAsync(_read).PipeTo(Self);
    }

    private void HandleRead(Read read)
    {
        string by = _asked!.Value.Asked.By;
        if (read.Loaded is not { } loaded)
        {
            _log.Error("The configuration cannot be used, and nothing is changed ({0} asked for it to be read again):\n  {1}", by, string.Join("\n  ", read.Problems));
            End(new Refused(read.Problems));
            return;
        }

        var change = SettingsChange.Between(_running.Now, loaded.Settings, _kind);
        _running.Take(change.Effective);
        _readAt = _time.GetUtcNow();
        _waiting = change.Restart;
        Tell(change, loaded.Warnings, by);
        _reply = new Reloaded(change, loaded.Warnings);
        Context.System.EventStream.Publish(new SettingsTaken(change));
        _renewing.UnionWith(_parts.All.Where(p => p.IsTouched(change)));
        foreach (NodePart part in _renewing.ToList())
            Renew(part);
        EndWhenRenewed();
    }

    private void Tell(SettingsChange change, ImmutableArray<string> warnings, string by)
    {
        foreach (string warning in warnings)
            _log.Warning("{0}", warning);
        if (change.Live.IsEmpty && change.Restart.IsEmpty)
            _log.Info("The configuration has been read again ({0}): nothing in it has changed", by);
        if (!change.Live.IsEmpty)
            _log.Info("The configuration has been read again ({0}); from now on by the new {1}", by, string.Join(", ", change.Live));
        if (!change.Restart.IsEmpty)
            _log.Warning("The configuration has been read again ({0}); these take effect when this node is started anew: {1}", by, string.Join(", ", change.Restart));
    }

    private void Renew(NodePart part)
    {
        if (_parts.Of(part) is not { } old)
        {
            StartAnew(part, part.Make());
            return;
        }

        Context.Watch(old);
        Context.Stop(old);
    }

    private void HandleEnded(IActorRef ended)
    {
        if (_renewing.FirstOrDefault(p => ended.Equals(_parts.Of(p))) is not { } part)
            return;
        if (part.LetGo is { } letGo)
            LetGoAsync(part, letGo).PipeTo(Self);
        else
            StartAnew(part, part.Make());
    }

    private void StartAnew(NodePart part, Props? props)
    {
        try
        {
            _parts.Start(part, props);
        }
        catch (InvalidActorNameException)
        {
            Timers.StartSingleTimer(part, new StartDue(part, props), s_nameAgain);
            return;
        }

        _renewing.Remove(part);
        EndWhenRenewed();
    }

    private void EndWhenRenewed()
    {
        if (_renewing.Count == 0 && _reply is { } reply)
            End(reply);
    }

    private void End(Outcome reply)
    {
        _asked!.Value.Asker.Tell(reply);
        _asked = null;
        _reply = null;
        Become(Idle);
        Stash.UnstashAll();
    }

    private static async Task<Read> ReadAsync(Func<LoadedSettings> read)
    {
        try
        {
            return new Read(await Task.Run(read).ConfigureAwait(false), []);
        }
        catch (SettingsException e)
        {
            return new Read(null, e.Problems);
        }
    }

    private static async Task<LetGo> LetGoAsync(NodePart part, Func<Task> letGo)
    {
        await letGo().ConfigureAwait(false);
        return new LetGo(part);
    }

    private sealed record Read(LoadedSettings? Loaded, ImmutableArray<string> Problems);

    private sealed record LetGo(NodePart Part);

    private sealed record StartDue(NodePart Part, Props? Props);
}
