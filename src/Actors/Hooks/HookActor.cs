using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Hooks;

/// <summary>
/// <c>/user/hooks</c> on a monitor, <c>/user/agent/hooks</c> on a host: runs the configured program for the events that are wanted, one at a time and in order. Owns the events that wait.
/// Receives <see cref="HookEvent"/> from the coordinators of its own node, or from the agent; answers nothing, so that nobody waits for it. After a restart: what waited is lost.
/// </summary>
public sealed class HookActor : ReceiveActor
{
    private sealed record Ended(HookEvent Event, HookEnd End);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HookSettings _settings;
    private readonly IHookRunner _runner;
    private readonly WaitingEvents _waiting;
    private bool _running;

    /// <summary>Why it could not be started the last time; null = it could.</summary>
    private string? _notStarted;

    public HookActor(HookSettings settings, IHookRunner runner, int capacity)
    {
        _settings = settings;
        _runner = runner;
        _waiting = new WaitingEvents(capacity);
        Receive<HookEvent>(HandleEvent);
        Receive<Ended>(HandleEnded);
    }

    /// <param name="settings">monitor.hooks or agent.hooks.</param>
    /// <param name="runner">Runs the program.</param>
    /// <param name="capacity">Most events that wait.</param>
    public static Props Props(HookSettings settings, IHookRunner runner, int capacity = WaitingEvents.DefaultCapacity) =>
        Akka.Actor.Props.Create(() => new HookActor(settings, runner, capacity));

    private void HandleEvent(HookEvent e)
    {
        if (!_settings.Events.Wants(e))
            return;
        if (!_waiting.Add(e))
            _log.Warning("Hook {0} does not keep up: the oldest events that wait for it are dropped", _settings.Command);
        RunNext();
    }

    private void RunNext()
    {
        if (_running || _waiting.Next() is not { } e)
            return;
        _running = true;
        RunAsync(_runner, _settings, e).PipeTo(Self);
    }

    private void HandleEnded(Ended ended)
    {
        _running = false;
        Tell(ended.Event, ended.End);
        if (_waiting.TakeDropped() is > 0 and var dropped)
            _log.Warning("Hook {0} keeps up again; {1} events were dropped", _settings.Command, dropped);
        RunNext();
    }

    private void Tell(HookEvent e, HookEnd end)
    {
        string call = $"'{_settings.Command} {e.Event} {e.Host}'";
        string words = end.Words.Length == 0 ? "" : $": {end.Words}";
        switch (end)
        {
            case { Kind: HookEndKind.NotStarted }:
                // One that is missing is missing for every event.
                if (_notStarted != end.Words)
                    _log.Error("Hook {0} cannot be run, and nothing is told until it can: {1}", _settings.Command, end.Words);
                break;
            case { Kind: HookEndKind.TimedOut }:
                _log.Warning("Hook {0} ({1}) was ended: it took longer than {2:0.###} s{3}", call, e.Id, _settings.Timeout.TotalSeconds, words);
                break;
            case { ExitCode: 0 }:
                _log.Debug("Hook {0} ({1}) succeeded{2}", call, e.Id, words);
                break;
            default:
                _log.Warning("Hook {0} ({1}) failed with exit code {2}{3}", call, e.Id, end.ExitCode, words);
                break;
        }

        if (_notStarted is not null && end.Kind != HookEndKind.NotStarted)
            _log.Info("Hook {0} can be run again", _settings.Command);
        _notStarted = end.Kind == HookEndKind.NotStarted ? end.Words : null;
    }

    private static async Task<Ended> RunAsync(IHookRunner runner, HookSettings settings, HookEvent e)
    {
        try
        {
            // Elsewhere from its first instruction on: to start a program from a file system that hangs must not hold up the thread that other actors wait for.
            return new Ended(e, await Task.Run(() => runner.RunAsync(settings.Command, e, settings.Timeout)).ConfigureAwait(false));
        }
        catch (Exception x)
        {
            // Whatever is wrong with a hook, the next one is run.
            return new Ended(e, new HookEnd(HookEndKind.NotStarted, 0, x.Message));
        }
    }
}
