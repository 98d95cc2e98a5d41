using Akka.Actor;
using Akka.Event;
using Mmm.Shared.Hooks;
using Mmm.Shared.Settings;

namespace Mmm.Actors.Hooks;

/// <summary>
/// <c>/user/webhook</c> on a monitor: posts the events that are wanted, in order, each until the receiver has it or <see cref="WebhookRetry"/> gives it up. Owns the events that wait.
/// Receives <see cref="HookEvent"/> from the coordinators of its own node; answers nothing, so that nobody waits for it. After a restart: what waited is lost.
/// </summary>
public sealed class WebhookActor : ReceiveActor, IWithTimers
{
    private sealed record Tried(WebhookOutcome Outcome);

    private sealed record AgainDue
    {
        public static readonly AgainDue Instance = new();
    }

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly WebhookSettings _settings;
    private readonly IWebhook _webhook;
    private readonly WaitingEvents _waiting;

    /// <summary>The one that is being told; null = none.</summary>
    private HookEvent? _current;
    private int _attempt;

    public WebhookActor(WebhookSettings settings, IWebhook webhook, int capacity)
    {
        _settings = settings;
        _webhook = webhook;
        _waiting = new WaitingEvents(capacity);
        Receive<HookEvent>(HandleEvent);
        Receive<Tried>(HandleTried);
        Receive<AgainDue>(_ => Try());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="settings">monitor.webhook.</param>
    /// <param name="webhook">Posts.</param>
    /// <param name="capacity">Most events that wait.</param>
    public static Props Props(WebhookSettings settings, IWebhook webhook, int capacity = WaitingEvents.DefaultCapacity) =>
        Akka.Actor.Props.Create(() => new WebhookActor(settings, webhook, capacity));

    private void HandleEvent(HookEvent e)
    {
        if (!_settings.Events.Wants(e))
            return;
        if (!_waiting.Add(e))
            _log.Warning("The webhook at {0} does not keep up: the oldest events that wait for it are dropped", _settings.Receiver);
        TellNext();
    }

    private void TellNext()
    {
        if (_current is not null || _waiting.Next() is not { } e)
            return;
        _current = e;
        _attempt = 0;
        Try();
    }

    private void Try()
    {
        _attempt++;
        TryAsync(_webhook, _current!).PipeTo(Self);
    }

    private void HandleTried(Tried tried)
    {
        switch (WebhookRetry.After(tried.Outcome, _attempt, _settings.Retries))
        {
            case WebhookVerdict.Again again:
                if (_attempt == 1)
                    _log.Warning("The webhook at {0} did not take {1} ({2}): {3}; it is tried again", _settings.Receiver, _current!.Event, _current.Id, Words(tried.Outcome));
                Timers.StartSingleTimer(AgainDue.Instance, AgainDue.Instance, again.After);
                return;
            case WebhookVerdict.GivenUp given:
                _log.Warning("The webhook at {0} has not been told of {1} ({2}), and will not be: {3}", _settings.Receiver, _current!.Event, _current.Id, given.Why);
                break;
            default:
                if (_attempt > 1)
                    _log.Info("The webhook at {0} took {1} ({2}) at attempt {3}", _settings.Receiver, _current!.Event, _current.Id, _attempt);
                break;
        }

        _current = null;
        if (_waiting.TakeDropped() is > 0 and var dropped)
            _log.Warning("The webhook at {0} keeps up again; {1} events were dropped", _settings.Receiver, dropped);
        TellNext();
    }

    private static string Words(WebhookOutcome outcome) => outcome.Status is { } status ? $"HTTP {status}" : outcome.Trouble ?? "no answer";

    private static async Task<Tried> TryAsync(IWebhook webhook, HookEvent e)
    {
        try
        {
            return new Tried(await webhook.PostAsync(e).ConfigureAwait(false));
        }
        catch (Exception x)
        {
            // Its kind only: a message may hold the URL.
            return new Tried(new WebhookOutcome(null, x.GetType().Name));
        }
    }
}
