using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;

namespace Mmm.Actors.Agents;

/// <summary>
/// Repeats the announcements of the addresses the host holds by order: a new one soon again (a switch or neighbour may have missed the first),
/// all of them every announce_interval. Receives <see cref="Held"/>; sends nothing; after a restart it waits for the next one.
/// </summary>
internal sealed class AnnouncerActor : ReceiveActor, IWithTimers
{
    /// <summary>All addresses that are on the host and ordered to be.</summary>
    public sealed record Held(ImmutableSortedSet<string> Ips);

    private sealed record AnnounceDue(string Ip);

    private sealed record RefreshDue;

    private sealed record Announced(string Ip, string? Failure);

    /// <summary>After an address was added; the first, at once, is part of adding it.</summary>
    private static readonly TimeSpan[] s_repeats = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1000)];

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IAnnouncer _announcer;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly Dictionary<string, string?> _lastFailure = [];
    private ImmutableSortedSet<string> _held = [];

    public AnnouncerActor(IAnnouncer announcer, TimeSpan interval, TimeSpan timeout)
    {
        _announcer = announcer;
        _interval = interval;
        _timeout = timeout;
        Receive<Held>(HandleHeld);
        Receive<AnnounceDue>(m => Announce(m.Ip));
        Receive<RefreshDue>(_ => HandleRefreshDue());
        Receive<Announced>(HandleAnnounced);
        Receive<Akka.Actor.Status.Failure>(f => throw new InvalidOperationException("a task of the announcer ended in a way that it should not", f.Cause));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IAnnouncer announcer, TimeSpan interval, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new AnnouncerActor(announcer, interval, timeout));

    protected override void PreStart() => Timers.StartSingleTimer("refresh", new RefreshDue(), _interval);

    private void HandleHeld(Held held)
    {
        foreach (string gone in _held.Except(held.Ips))
        {
            for (int i = 0; i < s_repeats.Length; i++)
                Timers.Cancel((gone, i));
            _lastFailure.Remove(gone);
        }

        foreach (string fresh in held.Ips.Except(_held))
        {
            for (int i = 0; i < s_repeats.Length; i++)
                Timers.StartSingleTimer((fresh, i), new AnnounceDue(fresh), s_repeats[i]);
        }

        _held = held.Ips;
    }

    private void HandleRefreshDue()
    {
        foreach (string ip in _held)
            Announce(ip);
        Timers.StartSingleTimer("refresh", new RefreshDue(), _interval);
    }

    private void Announce(string ip)
    {
        // Never for an address that has gone meanwhile: it would draw its new holder's traffic here.
        if (_held.Contains(ip))
            SendAsync(_announcer, ip, _timeout).PipeTo(Self);
    }

    private void HandleAnnounced(Announced done)
    {
        if (!_held.Contains(done.Ip) || _lastFailure.GetValueOrDefault(done.Ip) == done.Failure)
            return;
        _lastFailure[done.Ip] = done.Failure;
        if (done.Failure is null)
            _log.Info("Announcements of {0} go out again.", done.Ip);
        else
            _log.Warning("Announcing {0} failed: {1}", done.Ip, done.Failure);
    }

    private static async Task<Announced> SendAsync(IAnnouncer announcer, string ip, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            await announcer.AnnounceAsync(ip, limit.Token);
            return new Announced(ip, null);
        }
        catch (AddressException e)
        {
            return new Announced(ip, e.Message);
        }
        catch (OperationCanceledException)
        {
            return new Announced(ip, $"took longer than {timeout.TotalSeconds:0.#} s");
        }
    }
}
